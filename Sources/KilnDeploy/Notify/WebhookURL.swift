import KilnHTTP

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
    let lowered = text.lowercased()
    guard let address = HTTPAddress(text) else {
      let isOther = lowered.contains("://") && !["https://", "http://"].contains(where: lowered.hasPrefix)
      throw isOther && text.utf8.allSatisfy { (0x21..<0x7F).contains($0) } ? .notEncrypted : .notURL
    }
    isLoopback = address.isLoopback
    guard address.scheme == "https" || isLoopback else { throw .notEncrypted }
    scheme = address.scheme
    self.text = text
  }

  package var description: String { "***" }
  package var debugDescription: String { "***" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
