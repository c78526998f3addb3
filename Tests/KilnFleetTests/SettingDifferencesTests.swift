import KilnSpec
import Testing

@testable import KilnFleet

/// What differs between two trees, value by value.
struct SettingDifferencesTests {
  private func differences(_ old: String, _ new: String) throws -> [String] {
    func settings(_ text: String, _ file: String) throws -> [SpecSetting] {
      let (node, problems) = YAMLReader(file: file).read(text)
      #expect(problems.isEmpty)
      return try #require(node).settings
    }
    return Difference.between(try settings(old, "old.yaml"), try settings(new, "new.yaml"), "app").map(\.text)
  }

  @Test(arguments: [
    ("a value", "a: 1", "a: 2", ["app.a 1 → 2, new.yaml:1"]),
    ("an entry of a map", "m: {a: 1, b: 2}", "m:\n  a: 1\n  b: 3", ["app.m.b 2 → 3, new.yaml:3"]),
    ("an entry more", "m: {a: 1}", "m:\n  a: 1\n  b: 3", ["app.m.b 3 added, new.yaml:3"]),
    ("an entry less", "m: {a: 1, b: 2}", "m: {a: 1}", ["app.m.b 2 removed, old.yaml:1 before"]),
    ("the first entry", "m: {}", "m: {a: 1}", ["app.m.a 1 added, new.yaml:1"]),
    ("the last entry", "m: {a: 1}", "m: {}", ["app.m.a 1 removed, old.yaml:1 before"]),
    ("a member of a list", "l: [a, b]", "l:\n  - a\n  - c\n  - b", ["app.l +c, new.yaml:3"]),
    ("the first member", "l: []", "l: [a]", ["app.l +a, new.yaml:1"]),
    ("the last member", "l: [a]", "l: []", ["app.l -a, new.yaml:1"]),
    ("the order of a list", "l: [a, b]", "l: [b, a]", ["app.l [a, b] → [b, a], new.yaml:1"]),
    ("a map in a list", "l: [{a: 1}, {a: 2}]", "l:\n  - a: 1\n  - a: 3", ["app.l[1].a 2 → 3, new.yaml:3"]),
    ("quotes", "a: 1\nb: x", "a: \"1\"\nb: 'x'", []), ("the order of keys", "a: 1\nb: 2", "b: 2\na: 1", []),
    (
      "a map in place of a value", "a: 1", "a: {b: 1}",
      ["app.a.b 1 added, new.yaml:1", "app.a 1 removed, old.yaml:1 before"]
    ),
  ]) func areShownByTheirPathAndLine(_ name: String, _ old: String, _ new: String, _ expected: [String]) throws {
    #expect(try differences(old, new) == expected, "\(name)")
  }

  @Test func longValuesAreCutWhereTheirDifferenceIsSeen() throws {
    let same = String(repeating: "x", count: 100)
    let text = try #require(try differences("a: \(same)old\(same)", "a: \(same)new\(same)").first)
    #expect(text.contains("xold") && text.contains("xnew") && text.count < 250, "\(text)")
  }
}
