import KilnDiagnostics

/// Which images were made again from a fresh base and fresh package lists, as `kiln.lock` says.
///
/// An image is named by its repository without the registry and by the digest tag of its recipe: another recipe is another
/// image, which nobody has refreshed.
public struct ImageRefreshes: Sendable, Hashable {
  /// Days as in `20261126`, the second one of a day as in `20261126.2`, by the image: `kiln/runtime:debian-12-3f9a…`.
  public private(set) var marks: [String: String]

  public init(_ marks: [String: String] = [:]) { self.marks = marks }

  init(_ node: SpecNode) {
    let entries = node["refreshed"]?.entries ?? []
    marks = Dictionary(entries.map { ($0.key, $0.value.scalar?.text ?? "") }) { first, _ in first }
  }

  /// - Parameter name: As in `kiln/runtime:debian-12-3f9a…`.
  public mutating func mark(_ name: String, as mark: String) { marks[name] = mark }

  /// Those of `names` alone, as in `kiln/runtime:debian-12-3f9a…`.
  public func only(_ names: Set<String>) -> ImageRefreshes { ImageRefreshes(marks.filter { names.contains($0.key) }) }

  /// What `kiln.lock` may hold.
  static let shape = Shape.object(
    ObjectShape(
      "kiln.lock",
      [
        .init("version", .integer(1...1), required: true, "the format's version", example: "1"),
        .init(
          "refreshed",
          .map(
            keys: TextRule(
              "an image", pattern: "[a-z0-9._/-]+:[A-Za-z0-9._-]+",
              rule: "a repository and a tag, as in acme/redis:0123"),
            values: .text(
              TextRule("a day", pattern: "[0-9]{8}(\\.[0-9]{1,4})?", rule: "a quoted day, as in \"20261126\""))),
          default: "{}", "images that `kiln build --refresh` made, and when"),
      ]))
}
