import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import KilnHTTP
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

  /// Waits until it listens; not for long, where it never does.
  func listen(_ clock: DeployClock) async {
    for _ in 0..<50 where !socket.isThere { await clock.sleep(0.1) }
  }

  func stop() async {
    serving.cancel()
    _ = await serving.result
    _ = socket.withPlatformString { unlink($0) }
    _ = folder.withPlatformString { rmdir($0) }
  }

  /// The page, redirects not followed.
  func answer(_ page: ReleasePlan.Page) async -> PageAnswer {
    await PageRequest(
      Self.address(of: page, kubectl.namespace), socket: socket, curl: Tool("curl", processes)
    ).answer()
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
