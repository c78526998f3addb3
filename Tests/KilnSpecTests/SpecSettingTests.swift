import KilnDiagnostics
import KilnSpec
import Testing

/// The values of a spec with their paths, types and places.
struct SpecSettingTests {
  private func settings(_ text: String) throws -> [SpecSetting] {
    let (node, problems) = YAMLReader(file: "a.yaml").read(text)
    #expect(problems.isEmpty)
    return try #require(node).settings
  }

  @Test func everyValueHasItsPathAndItsPlace() throws {
    let settings = try settings(
      """
      app:
        install: [make, test]
        environment: {A: x}
      services: {redis: {}}
      list: []
      """)
    #expect(
      settings.map { "\($0.path) \($0.value.text) \($0.location.text)" } == [
        "app.install[0] make a.yaml:2:13", "app.install[1] test a.yaml:2:19", "app.environment.A x a.yaml:3:20",
        "services.redis {} a.yaml:4:19", "list [] a.yaml:5:7",
      ])
  }

  @Test(
    arguments: [
      ("80", .integer(80)), ("-1", .integer(-1)), ("true", .boolean(true)), ("False", .boolean(false)),
      ("0.5", .decimal(0.5)), ("\"80\"", .text("80")), ("\"true\"", .text("true")), ("0755", .text("0755")),
      ("3.10", .text("3.10")), ("1e3", .text("1e3")), ("x", .text("x")), ("\"\"", .text("")), ("[]", .emptyList),
      ("{}", .emptyMap), ("99999999999999999999", .text("99999999999999999999")),
    ] as [(String, SpecSetting.Value)]) func aValueKeepsItsTypeAndEveryCharacter(
      _ text: String, _ value: SpecSetting.Value
    ) throws
  {
    #expect(try settings("a: \(text)").map(\.value) == [value])
  }

  @Test func pathsAreSortedByKeysAndNumbers() throws {
    let paths = try settings("b: {c: 1}\na: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\nb.a: 1").map(\.path)
    #expect(paths.sorted().map(\.description).suffix(4) == ["a[9]", "a[10]", "b.c", "b.a"])
    #expect(Set(paths).count == 13)
  }

  @Test func aPathIsBelowAnother() {
    let path = SpecPath(keys: "machine", "azure", "size")
    #expect(path.below(SpecPath(keys: "machine"))?.description == "azure.size")
    #expect(path.below(SpecPath(keys: "mach")) == nil)
    #expect(path.hasPrefix(SpecPath()) && !SpecPath().hasPrefix(path))
  }
}
