/// A path below a folder: components joined by `/`, never empty, `.` or `..`, no NUL.
public struct RelativePath: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let text: String

  /// Nil when `text` is absolute or a component is empty, `.`, `..` or has a NUL.
  public init?(_ text: String) {
    let components = text.split(separator: "/", omittingEmptySubsequences: false)
    guard components.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) }) else { return nil }
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
