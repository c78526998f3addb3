import KilnProcesses
import SystemPackage

/// Asks for a page with curl.
struct PageRequest: Sendable {
  /// Bytes of a page that are read.
  private static let limit = 16 << 20

  private let url: String
  private let socket: FilePath?
  private let curl: Tool

  /// - Parameters:
  ///   - url: `http://…` or `https://…`; certificates are checked, and redirects not followed.
  ///   - socket: Where the server listens; nil for what the address names.
  init(_ url: String, socket: FilePath? = nil, curl: Tool) {
    self.url = url
    self.socket = socket
    self.curl = curl
  }

  func answer() async -> PageAnswer {
    let isLoopback = (try? WebhookURL(url))?.isLoopback ?? false
    var config = CurlConfig(url: url, protocols: "http,https", isDirect: isLoopback || socket != nil)
    if let socket { config.add("unix-socket", socket.string) }
    config.add("max-filesize", String(Self.limit))
    // Behind the page, so that its last line is ours whatever it has.
    config.add("write-out", "\n%{http_code}")
    do {
      let outcome = try await curl.output(CurlConfig.arguments, input: config.bytes, isShielded: true)
      guard outcome.isSuccess else { return .none(CurlFailure(code: outcome.code).text) }
      guard let end = outcome.output.utf8.lastIndex(of: UInt8(ascii: "\n")),
        let status = Int(outcome.output[outcome.output.utf8.index(after: end)...])
      else { return .none("no status") }
      return .page(status: status, body: String(outcome.output[..<end]))
    } catch let missing as Tool.Missing {
      return .none("\(missing.name) is not on the PATH")
    } catch is Tool.TooMuchOutput {
      return .none(CurlFailure(code: 63).text)
    } catch {
      return .none("curl could not be run")
    }
  }
}
