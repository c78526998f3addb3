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

/// Asks pages of Services through the API server: no Ingress, no DNS and no open port on this machine are needed.
///
/// `kubectl proxy` listens on a socket in a folder that nobody else can enter; a TCP port would give every account of a
/// shared machine the rights of this one.
struct PageCheck {
  let kubectl: Kubectl
  let processes: any ProcessRunner
  let mask: SecretMask
  let clock: DeployClock
  let report: @Sendable (DeployEvent) -> Void
  let check: () throws -> Void

  /// Seconds that a page is asked for again at most.
  private static let patience = 30.0
  /// Of one answer.
  private static let timeout = 10

  private var curl: Tool { Tool("curl", processes) }

  /// - Throws: `RolloutFailure` for the first page that does not answer as it should.
  func run(_ pages: [ReleasePlan.Page]) async throws {
    guard !pages.isEmpty else { return }
    let folder = try Self.privateFolder()
    let socket = folder.appending("api")
    let arguments =
      kubectl.prefix + [
        "proxy", "--unix-socket", socket.string, "--accept-paths",
        "^/api/v1/namespaces/\(kubectl.namespace)/services/[^/]+/proxy/",
      ]
    let proxy = Tool("kubectl", processes)
    let serving = Task { try await proxy.stream(arguments) { _ in } }
    let result = await result { try await ask(pages, socket) }
    serving.cancel()
    _ = await serving.result
    _ = socket.withPlatformString { unlink($0) }
    _ = folder.withPlatformString { rmdir($0) }
    try result.get()
  }

  private func result(_ body: () async throws -> Void) async -> Result<Void, any Error> {
    do { return .success(try await body()) } catch { return .failure(error) }
  }

  private func ask(_ pages: [ReleasePlan.Page], _ socket: FilePath) async throws {
    for page in pages {
      try await ask(page, socket)
      report(.note("  \(page.app): \(page.path) answers"))
    }
  }

  private func ask(_ page: ReleasePlan.Page, _ socket: FilePath) async throws {
    let begun = clock.now()
    while true {
      try check()
      guard let trouble = try await trouble(page, socket) else { return }
      if clock.now() - begun >= Self.patience {
        throw RolloutFailure(workload: page.app, reason: "\(page.path) \(trouble)")
      }
      await clock.sleep(1)
      try Task.checkCancellation()
    }
  }

  /// What is wrong with the answer; nil for the one that is wanted.
  private func trouble(_ page: ReleasePlan.Page, _ socket: FilePath) async throws -> String? {
    let outcome = try await curl.output(
      [
        "-q", "--silent", "--show-error", "--globoff", "--path-as-is", "--max-time", String(Self.timeout),
        "--unix-socket", socket.string, "--write-out", "\\n%{http_code}", "--url",
        Self.address(of: page, kubectl.namespace),
      ], isShielded: true)
    guard outcome.isSuccess else {
      return "gives no answer: \(mask.relayed(outcome.error.split(separator: "\n").last.map(String.init) ?? ""))"
    }
    let end = outcome.output.lastIndex(of: "\n") ?? outcome.output.startIndex
    let body = outcome.output[..<end]
    let status = Int(outcome.output[end...].trimmingPrefix("\n"))
    guard status == page.status else {
      let first = body.split(separator: "\n").first.map { ": \(mask.relayed(String($0.prefix(200))))" } ?? ""
      return "answers \(status.map(String.init) ?? "nothing"), not \(page.status)\(first)"
    }
    if let content = page.content, !body.contains(content) {
      return "answers \(page.status), but without \"\(mask.relayed(content))\""
    }
    return nil
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
