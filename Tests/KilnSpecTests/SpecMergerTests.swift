import KilnDiagnostics
import KilnSpec
import Testing

/// One rule: maps merge by key, scalars and lists replace, null removes.
struct SpecMergerTests {
  private func tree(_ text: String, _ file: String = "a.yaml") throws -> SpecNode {
    let (node, problems) = YAMLReader(file: file).read(text)
    #expect(problems.isEmpty)
    return try #require(node)
  }

  /// The tree in flow style, keys in their order.
  private func shown(_ node: SpecNode) -> String {
    if let entries = node.entries {
      return "{" + entries.map { "\($0.key): \(shown($0.value))" }.joined(separator: ", ") + "}"
    }
    if let items = node.items { return "[" + items.map(shown).joined(separator: ", ") + "]" }
    return node.scalar?.text ?? ""
  }

  @Test(arguments: [
    ("keys of both", "a: 1", "b: 2", "{a: 1, b: 2}"), ("the upper scalar", "a: 1", "a: 2", "{a: 2}"),
    ("maps in maps", "a: {b: 1, c: 2}", "a: {c: 3, d: 4}", "{a: {b: 1, c: 3, d: 4}}"),
    ("lists replace", "a: [1, 2]", "a: [3]", "{a: [3]}"), ("null removes", "a: 1\nb: 2", "a: null", "{b: 2}"),
    ("null removes a map", "a: {b: 1}\nc: 1", "a:", "{c: 1}"),
    ("a map over a scalar", "a: 1", "a: {b: 2}", "{a: {b: 2}}"),
    ("a scalar over a map", "a: {b: 1}", "a: 2", "{a: 2}"),
    ("an empty map changes nothing", "a: {b: 1}", "a: {}", "{a: {b: 1}}"),
  ]) func gives(_ name: String, _ beneath: String, _ over: String, _ merged: String) throws {
    var merger = SpecMerger()
    #expect(try shown(merger.merge(tree(over), over: tree(beneath))) == merged, "\(name)")
    #expect(merger.problems.isEmpty)
  }

  @Test func nullThatRemovesNothingIsReported() throws {
    var merger = SpecMerger()
    _ = try merger.merge(tree("a: {b: null}"), over: tree("a: {c: 1}"))
    #expect(merger.problems.map(\.id) == ["spec.null-removes-nothing"])
  }

  @Test func valuesKeepTheirPlaces() throws {
    var merger = SpecMerger()
    let merged = try merger.merge(tree("\na: {c: 3}", "upper.yaml"), over: tree("a: {b: 1}", "lower.yaml"))
    #expect(merged["a"]?["b"]?.location.file == "lower.yaml" && merged["a"]?["c"]?.location.file == "upper.yaml")
  }
}
