/// A path below a folder: components joined by `/`, never empty, `.` or `..`, no NUL.
public struct RelativePath: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let text: String

  /// Nil when `text` is absolute or a component is empty, `.`, `..` or has a NUL.
  public init?(_ text: String) {
    var length = 0
    var dots = 0
    // A component ends with a slash or the text; `.` and `..` are those of dots alone.
    func isComponent() -> Bool { length > 0 && !(dots == length && length <= 2) }
    for byte in text.utf8 {
      if byte == UInt8(ascii: "/") {
        guard isComponent() else { return nil }
        length = 0
        dots = 0
      } else if byte == 0 {
        return nil
      } else {
        length += 1
        if byte == UInt8(ascii: ".") { dots += 1 }
      }
    }
    guard isComponent() else { return nil }
    self.text = text
  }

  public var description: String { text }

  /// The folders above it, the outermost first.
  public var folders: [String] {
    let components = text.split(separator: "/")
    return components.indices.dropLast().map { components[...$0].joined(separator: "/") }
  }

  public static func < (a: Self, b: Self) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }
}
