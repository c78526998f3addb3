import KilnDiagnostics
import KilnSpec
import KilnTesting
import Testing

/// What a spec may give a component's parameter.
struct ParameterCheckerTests {
  private func problems(_ definition: String, _ value: String) -> [String] {
    let component = "summary: One\nparameters: {p: {\(definition)}}\nsteps: []\n"
    return SampleWorkspace(
      "runtime: {base: debian-12, components: {one: {p: \(value)}}}\n", components: ["one": component]
    ).problems.map(\.id)
  }

  @Test(arguments: [
    ("type: string", "abc"), ("type: string", "\"8.2\""), ("type: integer", "-5"), ("type: boolean", "true"),
    ("type: list", "[a, b]"), ("type: map", "{a: 1, b: true}"), ("type: string, allowed: [a]", "a"),
    ("type: string, allowedByBase: {debian-12: [\"1\"]}", "\"1\""), ("type: list, pattern: \"[a-z]+\"", "[a, b]"),
    ("type: map, keys: \"[a-z]+\", pattern: \"[0-9]+\"", "{a: 1}"), ("type: integer, minimum: 1, maximum: 3", "1"),
    ("type: integer, minimum: 1, maximum: 3", "3"), ("type: integer, minimum: -1", "-1"),
    ("type: integer, maximum: 3", "-9"),
  ]) func takes(_ definition: String, _ value: String) { #expect(problems(definition, value) == []) }

  @Test(arguments: [
    ("type: string", "8.2", "spec.unquoted-version"), ("type: string", "[a]", "spec.wrong-type"),
    ("type: integer", "\"5\"", "spec.wrong-type"), ("type: boolean", "yes", "spec.wrong-type"),
    ("type: list", "a", "spec.wrong-type"), ("type: map", "[a]", "spec.wrong-type"),
    ("type: string, allowed: [a]", "b", "spec.parameter-value"),
    ("type: string, allowedByBase: {debian-12: [\"1\"]}", "\"2\"", "spec.parameter-value"),
    ("type: list, pattern: \"[a-z]+\"", "[a, B]", "spec.parameter-value"),
    ("type: string, pattern: \"[a-z]+\"", "\"a\\nb\"", "spec.parameter-value"),
    ("type: map, keys: \"[a-z]+\"", "{A: 1}", "spec.parameter-value"),
    ("type: map, keys: \"[a-z]+\"", "{\"a\\nb\": 1}", "spec.parameter-value"),
    ("type: string", "\"a\\x01b\"", "spec.parameter-value"),
    ("type: integer, minimum: 1, maximum: 3", "0", "spec.parameter-value"),
    ("type: integer, minimum: 1, maximum: 3", "4", "spec.parameter-value"),
    ("type: integer, minimum: 1", "-1", "spec.parameter-value"),
    ("type: integer, maximum: 3", "70000", "spec.parameter-value"),
  ]) func refuses(_ definition: String, _ value: String, _ id: String) { #expect(problems(definition, value) == [id]) }

  @Test(arguments: [
    ("type: integer, minimum: 3, maximum: 1", "spec.conflict"), ("type: string, minimum: 3", "spec.conflict"),
    ("type: integer, minimum: 3, default: 1", "spec.parameter-value"), ("type: integer, minimum: a", "spec.wrong-type"),
  ]) func boundsThatCannotBeAreTheDefinitionsFault(_ definition: String, _ id: String) {
    let component = "summary: One\nparameters: {p: {\(definition)}}\nsteps: []\n"
    let sample = SampleWorkspace("runtime: {base: debian-12}\n", components: ["one": component])
    #expect(sample.problems.map(\.id) == [id])
  }

  /// Each of these made a server that does not start, or one that serves another folder.
  @Test(arguments: [
    ("apache: {port: -1}", false), ("apache: {port: 0}", false), ("apache: {port: 70000}", false),
    ("nginx: {port: 65536}", false), ("apache: {port: 1}", true), ("nginx: {port: 65535}", true),
    ("apache: {documentRoot: /..}", false), ("apache: {documentRoot: /var/www/../../etc}", false),
    ("nginx: {root: /..}", false), ("nginx: {root: /srv/..}", false), ("nginx: {root: /srv/.}", false),
    ("nginx: {root: //srv}", false), ("nginx: {root: srv}", false), ("apache: {documentRoot: /}", true),
    ("apache: {documentRoot: /var/www/app/public}", true), ("nginx: {root: /srv/..a/.well-known/a..b/}", true),
  ]) func theCatalogsServersTakePortsAndFolders(_ component: String, _ isGood: Bool) {
    let sample = SampleWorkspace("runtime: {base: debian-12, components: {\(component)}}\n")
    #expect(sample.problems.map(\.id) == (isGood ? [] : ["spec.parameter-value"]))
  }

  @Test(arguments: ["pattern", "keys"]) func aPatternThatIsNoneIsTheDefinitionsFault(_ key: String) {
    let component = "summary: One\nparameters: {p: {type: map, \(key): \"[\"}}\nsteps: []\n"
    let sample = SampleWorkspace("runtime: {base: debian-12}\n", components: ["one": component])
    #expect(sample.problems.map(\.id) == ["catalog.pattern"])
  }
}
