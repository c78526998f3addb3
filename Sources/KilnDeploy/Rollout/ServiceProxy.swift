import KilnConsole
import KilnDiagnostics
import KilnProcesses
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Pages of a namespace's Services, asked through the API server: no Ingress, no DNS and no open port on this machine are
/// needed.
///
/// `kubectl proxy` listens on a socket in a folder that nobody else can enter; a TCP port would give every account of a
/// shared machine the rights of this one.
struct ServiceProxy {
  let kubectl: Kubectl
  let processes: any ProcessRunner
  private let folder: FilePath
  private var socket: FilePath { folder.appending("api") }
  private let serving: Task<Int32, any Error>

  /// Seconds for one answer.
  private static let timeout = 10

  /// Whoever starts one stops it.
  static func start(_ kubectl: Kubectl, _ processes: any ProcessRunner) throws -> ServiceProxy {
    ServiceProxy(kubectl, processes, folder: try privateFolder())
  }

  private init(_ kubectl: Kubectl, _ processes: any ProcessRunner, folder: FilePath) {
    self.kubectl = kubectl
    self.processes = processes
    self.folder = folder
    let arguments =
      kubectl.prefix + [
        "proxy", "--unix-socket", folder.appending("api").string, "--accept-paths",
        "^/api/v1/namespaces/\(kubectl.namespace)/services/[^/]+/proxy/",
      ]
    let proxy = Tool("kubectl", processes)
    serving = Task { try await proxy.stream(arguments) { _ in } }
  }

  func stop() async {
    serving.cancel()
    _ = await serving.result
    _ = socket.withPlatformString { unlink($0) }
    _ = folder.withPlatformString { rmdir($0) }
  }

  /// The page, redirects not followed. What failed is in curl's words.
  func answer(_ page: ReleasePlan.Page) async throws -> PageAnswer {
    let outcome = try await Tool("curl", processes).output(
      [
        "-q", "--silent", "--show-error", "--globoff", "--path-as-is", "--max-time", String(Self.timeout),
        "--unix-socket", socket.string, "--write-out", "\\n%{http_code}", "--url",
        Self.address(of: page, kubectl.namespace),
      ], isShielded: true)
    guard outcome.isSuccess else {
      return .none(outcome.error.split(separator: "\n").last.map(String.init) ?? "no answer")
    }
    let end = outcome.output.lastIndex(of: "\n") ?? outcome.output.startIndex
    guard let status = Int(outcome.output[end...].trimmingPrefix("\n")) else { return .none("no status") }
    return .page(status: status, body: String(outcome.output[..<end]))
  }

  static func address(of page: ReleasePlan.Page, _ namespace: String) -> String {
    let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?[]@!$&'()*+,;=%".utf8)
    let path = page.path.utf8.map { byte -> String in
      if allowed.contains(byte) { return String(UnicodeScalar(byte)) }
      let digits = String(byte, radix: 16, uppercase: true)
      return "%" + (digits.count < 2 ? "0" : "") + digits
    }.joined()
    let service = "\(page.app):\(page.port)"
    return
      "http://localhost/api/v1/namespaces/\(namespace)/services/\(service)/proxy\(path.hasPrefix("/") ? "" : "/")\(path)"
  }

  /// A new folder for this account alone.
  private static func privateFolder() throws -> FilePath {
    let template = ProcessEnvironment.temporaryFolder.appending("kiln-proxy-XXXXXX")
    var name = template.withPlatformString { Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1)) }
    guard mkdtemp(&name) != nil else {
      throw CommandError(
        "machine.file", "cannot make a folder below \(ProcessEnvironment.temporaryFolder): \(Errno(rawValue: errno))",
        kind: .machine)
    }
    return FilePath(platformString: name)
  }
}
