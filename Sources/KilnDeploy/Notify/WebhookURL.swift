/// Where a webhook listens. The address is a secret: whoever has it can write there.
package struct WebhookURL: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// What is wrong with an address, without the address.
  package enum Problem: Error, Hashable {
    case notURL
    case notEncrypted

    package var text: String {
      switch self {
      case .notURL: "it is no address of the form https://HOST/PATH"
      case .notEncrypted: "it does not begin with https://, and the host is not this machine"
      }
    }
  }

  let text: String
  /// Whether it is on this machine.
  let isLoopback: Bool
  /// As curl names it.
  let scheme: String

  /// `https://…`; `http://…` for this machine alone: `localhost`, `127.….….…`, `[::1]`.
  package init(_ text: String) throws(Problem) {
    guard text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "\"") })
    else { throw .notURL }
    let lowered = text.lowercased()
    guard let scheme = ["https", "http"].first(where: { lowered.hasPrefix("\($0)://") }) else {
      throw lowered.contains("://") ? .notEncrypted : .notURL
    }
    let rest = lowered.dropFirst(scheme.count + 3)
    let authority = String(rest.prefix { !"/?#".contains($0) })
    guard !authority.isEmpty, authority.split(separator: "@").last?.hasPrefix(":") == false else { throw .notURL }
    isLoopback = Self.isLoopback(authority)
    guard scheme == "https" || isLoopback else { throw .notEncrypted }
    self.scheme = scheme
    self.text = text
  }

  /// With a user before it, a host only looks as if it were this machine.
  private static func isLoopback(_ authority: String) -> Bool {
    var host = authority[...]
    if let colon = host.lastIndex(of: ":"), host[host.index(after: colon)...].allSatisfy(\.isWholeNumber) {
      host = host[..<colon]
    }
    if host == "localhost" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  package var description: String { "***" }
  package var debugDescription: String { "***" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
