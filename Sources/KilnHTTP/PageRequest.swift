package import KilnProcesses
package import SystemPackage

/// Asks for a page with curl; certificates are checked, and redirects not followed.
package struct PageRequest: Sendable {
  /// Bytes of a page that are read.
  private static let limit = 16 << 20

  private let url: String
  private let socket: FilePath?
  private let curl: Tool

  /// - Parameters:
  ///   - url: `http://…` or `https://…`.
  ///   - socket: Where the server listens; nil for what the address names.
  package init(_ url: String, socket: FilePath? = nil, curl: Tool) {
    self.url = url
    self.socket = socket
    self.curl = curl
  }

  package func answer() async -> PageAnswer {
    switch await ask("%{http_code}") {
    case .failure(let failure): return .none(failure.text)
    case .success(let (body, word)):
      guard let status = Int(word) else { return .none("no status") }
      return .page(status: status, body: body)
    }
  }

  /// Where the page redirects to, with its status; nil for a page that redirects nowhere.
  package func redirect() async -> Result<(status: Int, location: String)?, CurlFailure.Message> {
    await ask("%{http_code} %{redirect_url}").map { _, line in
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard parts.count == 2, let status = Int(parts[0]) else { return nil }
      return (status, parts[1])
    }
  }

  /// The certificates that the server shows, its own first, as curl describes them (`Expire date:…`).
  package func certificates() async -> Result<String, CurlFailure.Message> {
    await ask("%{certs}", isWhole: true).map(\.last)
  }

  /// - Parameters:
  ///   - format: What curl writes behind the page, on one line.
  ///   - isWhole: Whether that may have many lines; the page is not read then.
  private func ask(
    _ format: String, isWhole: Bool = false
  ) async -> Result<(body: String, last: String), CurlFailure.Message> {
    var config = CurlConfig(
      url: url, protocols: "http,https", isDirect: socket != nil || HTTPAddress(url)?.isLoopback ?? false)
    if let socket { config.add("unix-socket", socket.string) }
    config.add("max-filesize", String(Self.limit))
    if isWhole { config.add("output", "/dev/null") }
    // Behind the page, so that its last line is ours whatever it has.
    config.add("write-out", (isWhole ? "" : "\n") + format)
    do {
      let outcome = try await curl.output(CurlConfig.arguments, input: config.bytes, isShielded: true)
      guard outcome.isSuccess else { return .failure(.init(text: CurlFailure(code: outcome.code).text)) }
      if isWhole { return .success(("", outcome.output)) }
      guard let end = outcome.output.utf8.lastIndex(of: UInt8(ascii: "\n")) else {
        return .failure(.init(text: "no status"))
      }
      let last = outcome.output[outcome.output.utf8.index(after: end)...]
      return .success((String(outcome.output[..<end]), String(last)))
    } catch let missing as Tool.Missing {
      return .failure(.init(text: "\(missing.name) is not on the PATH"))
    } catch is Tool.TooMuchOutput {
      return .failure(.init(text: CurlFailure(code: 63).text))
    } catch {
      return .failure(.init(text: "curl could not be run"))
    }
  }
}

extension CurlFailure {
  /// Why there is no answer, in a few words.
  package struct Message: Error, Hashable {
    package let text: String
  }
}
