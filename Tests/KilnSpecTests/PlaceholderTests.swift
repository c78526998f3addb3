import KilnDiagnostics
import KilnSpec
import KilnTesting
import Testing

struct PlaceholderTests {
  @Test(arguments: [
    ("{{a}}", "1"), ("x{{ a }}y{{b}}", "x1y2"), ("{{c}}", "{{c}}"), ("{{a", "{{a"), ("a}}", "a}}"), ("{a}", "{a}"),
    ("{{{a}}}", "{{{a}}}"), ("{{}}", "{{}}"), ("", ""),
  ]) func becomes(_ text: String, _ expected: String) {
    #expect(Placeholder.substitute(text) { ["a": "1", "b": "2"][$0] } == expected)
  }

  /// What a value brings is text: it is not looked at again.
  @Test func valuesAreNotSubstitutedAgain() {
    #expect(Placeholder.substitute("{{a}}{{b}}") { ["a": "{{b}}", "b": "{{a}}"][$0] } == "{{b}}{{a}}")
  }

  private func problems(_ parameters: String, _ step: String) -> [String] {
    let component = "summary: One\nparameters: {\(parameters)}\nsteps:\n  - \(step)\n"
    return SampleWorkspace("runtime: {base: debian-12}\n", components: ["one": component]).problems.map(\.id)
  }

  @Test(arguments: [
    ("", "packages: [\"{{a}}\"]", "catalog.unknown-placeholder"),
    ("a: {type: list}", "packages: [\"{{a}}\"]", "catalog.placeholder-type"),
    ("a: {type: string}", "{packages: [x], each: a}", "catalog.each"),
    ("a: {type: list}", "{packages: [\"{{key}}\"], each: a}", "catalog.unknown-placeholder"),
    ("", "{packages: [x], when: a}", "catalog.unknown-placeholder"),
    ("", "run: {script: x}", "catalog.run-creates"), ("", "service: {name: x}", "catalog.service-command"),
  ]) func isRefusedWhenTheDefinitionIsRead(_ parameters: String, _ step: String, _ id: String) {
    #expect(problems(parameters, step) == [id])
  }

  @Test(arguments: [
    ("a: {type: string}", "packages: [\"{{a}}\"]"), ("a: {type: integer}", "file: {path: /x, content: \"{{a}}\"}"),
    ("a: {type: list}", "{packages: [\"{{item}}\"], each: a}"),
    ("a: {type: map}", "{file: {path: \"/{{key}}\", content: \"{{value}}\"}, each: a, when: a}"),
  ]) func isTaken(_ parameters: String, _ step: String) { #expect(problems(parameters, step) == []) }
}
