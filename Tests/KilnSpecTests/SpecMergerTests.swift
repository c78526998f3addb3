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
    ("what is added comes last", "a: [1, 2]", "a: {add: [3]}", "{a: [1, 2, 3]}"),
    ("what is there is not added again", "a: [1, 2]", "a: {add: [1, 3, 3]}", "{a: [1, 2, 3]}"),
    ("what is removed is gone", "a: [1, 2, 1]", "a: {remove: [1]}", "{a: [2]}"),
    ("both", "a: [1, 2]", "a: {add: [3], remove: [1]}", "{a: [2, 3]}"),
    ("removed and added is moved", "a: [1, 2]", "a: {add: [1], remove: [1]}", "{a: [2, 1]}"),
    ("maps in lists", "a: [{b: 1, c: [2]}, {b: 2}]", "a: {remove: [{c: [2], b: 1}]}", "{a: [{b: 2}]}"),
    ("without a list beneath", "b: 1", "a: {add: [1, 2]}", "{b: 1, a: [1, 2]}"),
    ("below a new map", "b: 1", "a: {c: {add: [1]}}", "{b: 1, a: {c: [1]}}"),
    ("nothing changes nothing", "a: [1]", "a: {add: []}", "{a: [1]}"),
    ("variables of these names", "a: {add: 1}", "a: {remove: 2}", "{a: {add: 1, remove: 2}}"),
    ("a map of these names", "b: 1", "a: {add: 1, remove: {c: 2}}", "{b: 1, a: {add: 1, remove: {c: 2}}}"),
    ("other keys beside them", "a: [1]", "a: {add: [2], put: [3]}", "{a: {add: [2], put: [3]}}"),
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

  @Test(arguments: [
    ("a: [x, y]", "a: {remove: [z, x]}", ["\"z\" cannot be removed: it is not in the profile's a"]),
    ("b: 1", "a: {remove: [z]}", ["\"z\" cannot be removed: no profile sets a"]),
    ("a: [x]", "a: {remove: [{b: 1}]}", ["the entry cannot be removed: it is not in the profile's a"]),
    // One may be the secret itself.
    (
      "buildSecrets: [X]", "buildSecrets: {remove: [hunter2]}",
      ["the entry cannot be removed: it is not in the profile's buildSecrets"]
    ),
    ("a: [x]", "a: {add: y}", ["add must be a list, not text"]),
  ]) func reports(_ beneath: String, _ over: String, _ messages: [String]) throws {
    var merger = SpecMerger()
    _ = try merger.merge(tree(over), over: tree(beneath))
    #expect(merger.problems.map(\.message) == messages)
  }

  @Test func longListsTakeNoLongTime() throws {
    let items = (0..<30_000).map { "x\($0)" }.joined(separator: ", ")
    var merger = SpecMerger()
    let merged = try merger.merge(tree("a: {add: [\(items)], remove: [\(items)]}"), over: tree("a: [\(items)]"))
    #expect(merged["a"]?.items?.count == 30_000)
  }

  @Test func valuesKeepTheirPlaces() throws {
    var merger = SpecMerger()
    let merged = try merger.merge(tree("\na: {c: 3}", "upper.yaml"), over: tree("a: {b: 1}", "lower.yaml"))
    #expect(merged["a"]?["b"]?.location.file == "lower.yaml" && merged["a"]?["c"]?.location.file == "upper.yaml")
  }
}
