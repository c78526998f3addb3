/// A path below a folder: components joined by `/`, never empty, `.` or `..`, no control character.
public struct RelativePath: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let text: String

  /// Nil when `text` is absolute or a component is empty, `.`, `..` or has a byte below 0x20.
  public init?(_ text: String) {
    guard Self.isValid(text.utf8) else { return nil }
    self.text = text
  }

  static func isValid(_ bytes: some Sequence<UInt8>) -> Bool {
    var length = 0
    var dots = 0
    // A component ends with a slash or the text; `.` and `..` are those of dots alone.
    func isComponent() -> Bool { length > 0 && !(dots == length && length <= 2) }
    for byte in bytes {
      if byte == UInt8(ascii: "/") {
        guard isComponent() else { return false }
        length = 0
        dots = 0
      } else if byte < 0x20 {
        return false
      } else {
        length += 1
        if byte == UInt8(ascii: ".") { dots += 1 }
      }
    }
    return isComponent()
  }

  public var description: String { text }

  public static func < (a: Self, b: Self) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }
}
