/// An address that curl takes as it is.
package struct HTTPAddress: Sendable, Hashable {
  package let text: String
  /// `http` or `https`.
  package let scheme: String
  /// Host and port, with the user where there is one, in lower case.
  package let authority: String

  /// Nil for what is no `http://…` or `https://…` of printable ASCII characters.
  package init?(_ text: String) {
    let isPrintable = text.utf8.allSatisfy {
      (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "\"")
    }
    let lowered = text.lowercased()
    guard isPrintable, let scheme = ["https", "http"].first(where: { lowered.hasPrefix("\($0)://") }) else {
      return nil
    }
    let authority = String(lowered.dropFirst(scheme.count + 3).prefix { !"/?#".contains($0) })
    guard !authority.isEmpty, authority.split(separator: "@").last?.hasPrefix(":") == false else { return nil }
    self.text = text
    self.scheme = scheme
    self.authority = authority
  }

  /// Whether it is on this machine: `localhost`, `127.….….…`, `[::1]`. With a user before it, a host only looks so.
  package var isLoopback: Bool {
    let host = host
    if host == "localhost" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  /// Without the port.
  package var host: String {
    guard let colon = authority.lastIndex(of: ":"), hasPort else { return authority }
    return String(authority[..<colon])
  }

  package var hasPort: Bool {
    guard let colon = authority.lastIndex(of: ":") else { return false }
    let port = authority[authority.index(after: colon)...]
    return port.allSatisfy(\.isWholeNumber)
  }
}
