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
    ("type: map, keys: \"[a-z]+\", pattern: \"[0-9]+\"", "{a: 1}"),
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
  ]) func refuses(_ definition: String, _ value: String, _ id: String) { #expect(problems(definition, value) == [id]) }

  @Test(arguments: ["pattern", "keys"]) func aPatternThatIsNoneIsTheDefinitionsFault(_ key: String) {
    let component = "summary: One\nparameters: {p: {type: map, \(key): \"[\"}}\nsteps: []\n"
    let sample = SampleWorkspace("runtime: {base: debian-12}\n", components: ["one": component])
    #expect(sample.problems.map(\.id) == ["catalog.pattern"])
  }
}
