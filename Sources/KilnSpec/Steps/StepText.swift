/// Kinds of text that steps have.
package enum StepText {
  package static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  package static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
  package static func isLetter(_ byte: UInt8) -> Bool { isLower(byte) || (0x41...0x5A).contains(byte) }
  /// Printable ASCII without blanks.
  package static func isWord(_ text: String) -> Bool { text.utf8.allSatisfy { (0x21..<0x7F).contains($0) } }

  package static func isURL(_ text: String) -> Bool {
    let isWeb = ["https://", "http://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
    return isWeb && isWord(text)
  }

  package static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLower(first), text.utf8.count <= 100 else { return false }
    return text.utf8.allSatisfy { isLower($0) || isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
  }

  package static func isAccount(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLower(first) || first == UInt8(ascii: "_"), text.utf8.count <= 32 else {
      return false
    }
    return text.utf8.allSatisfy { isLower($0) || isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
  }
}
