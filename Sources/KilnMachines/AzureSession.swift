import KilnArtifacts
import KilnConsole
import KilnDeploy
import KilnDiagnostics
import KilnProcesses
import KilnSpec
import KilnWorkspace
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Who asks Azure: the service principal whose variables a bake takes, or whoever is logged in.
///
/// A service principal gets a folder of its own for what `az` remembers, so that nobody's login is replaced.
struct AzureSession: Sendable {
  /// For `az`.
  let environment: [String: String]

  private static let principal = ["ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_TENANT_ID"]

  /// What is missing, all at once; nothing where somebody may be logged in already.
  static func missing(_ environment: [String: String]) -> [String] {
    let set = principal.filter { !(environment[$0] ?? "").isEmpty }
    return set.isEmpty ? [] : principal.filter { !set.contains($0) }
  }

  /// - Parameter folder: A private one.
  static func begin(_ context: CommandContext, in folder: FilePath) async throws -> AzureSession {
    let values = principal.compactMap { context.environment[$0] }.filter { !$0.isEmpty }
    guard values.count == principal.count else { return AzureSession(environment: [:]) }
    let password = folder.appending("password")
    try FileReplacement.replace([
      .init(path: password, bytes: Array(values[1].utf8), isPrivate: true, isUsers: false)
    ])
    defer { _ = password.withPlatformString { unlink($0) } }
    let session = AzureSession(environment: ["AZURE_CONFIG_DIR": folder.appending("azure").string])
    let az = AzureCLI(subscription: "", resourceGroup: "", context.processes, environment: session.environment)
    // An argument that begins with @ is a file's contents: other accounts see arguments.
    let outcome = try await az.plain([
      "login", "--service-principal", "--username", values[0], "--tenant", values[2], "--password=@\(password)",
      "--output", "none",
    ])
    guard outcome.isSuccess else { throw AzureFailure("log in to Azure as \(values[0])", outcome) }
    return session
  }
}
