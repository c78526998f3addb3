import KilnDiagnostics
import KilnSpec
import KilnTesting
import Testing

/// Names and values that shapes take and refuse.
struct NameTests {
  @Test(arguments: ["a", "acme", "acme-2", "a1-b2-c3"]) func takesAsACustomer(_ name: String) {
    #expect(Shape.customerProblem(name) == nil)
  }

  @Test(arguments: [
    "", "A", "2a", "-a", "a-", "a--b", "a_b", "a.b", "a b", "ä", "a\n", String(repeating: "a", count: 41),
  ])
  func refusesAsACustomer(_ name: String) { #expect(Shape.customerProblem(name) != nil) }

  private func problems(_ spec: String) -> [String] {
    SampleWorkspace("runtime: {base: debian-12}\n" + spec).problems.map(\.id)
  }

  private func app(_ keys: String) -> [String] { problems("app: {source: ../apps/shop, \(keys)}\n") }

  @Test(arguments: [
    "port: 80", "port: 65535", "workdir: /srv/a b", "port: 1, health: \"/a?b=1\"", "environment: {A_1: x, _b: 2}",
    "tokens: {files: [a/b.ini], values: {a.b-c: x}}", "limits: {cpus: 0.5, memory: 64Mi}",
  ]) func takesInAnApp(_ keys: String) { #expect(app(keys) == []) }

  @Test(arguments: [
    ("port: 0", "spec.invalid-value"), ("port: 65536", "spec.invalid-value"), ("port: \"80\"", "spec.wrong-type"),
    ("workdir: srv", "spec.invalid-value"), ("workdir: /", "spec.invalid-value"),
    ("workdir: /a/../b", "spec.invalid-value"),
    ("health: /x", "spec.missing-key"), ("port: 1, health: x", "spec.invalid-value"),
    ("port: 1, health: \"/a b\"", "spec.invalid-value"), ("environment: {1A: x}", "spec.invalid-value"),
    ("environment: {A-B: x}", "spec.invalid-value"), ("environment: {A: [x]}", "spec.wrong-type"),
    ("environment: {A: \"x\\ry\"}", "spec.unrepresentable"),
    ("tokens: {files: [/etc/x], values: {a: x}}", "spec.path-outside"),
    ("limits: {memory: 64MB}", "spec.invalid-value"), ("limits: {memory: 1Mi}", "spec.invalid-value"),
    ("buildSecrets: [NONE]", "spec.unknown-secret"), ("nonsense: 1", "spec.unknown-key"),
  ]) func refusesInAnApp(_ keys: String, _ id: String) { #expect(app(keys) == [id]) }

  @Test(arguments: ["registry.example.com", "127.0.0.1:5000", "acme.azurecr.io/team/a_b"])
  func takesAsARegistry(_ name: String) { #expect(problems("images: {registry: \"\(name)\"}\n") == []) }

  @Test(arguments: ["https://r.example.com", "r.example.com/", "r.example.com/A", "-r", "r:port", "r example"])
  func refusesAsARegistry(_ name: String) {
    #expect(problems("images: {registry: \"\(name)\"}\n") == ["spec.invalid-value"])
  }

  @Test func aServiceOfADefinitionHasNoSettingThatIsALine() {
    let definition = """
      kind: service
      summary: A cache
      port: 1
      data: /data
      user: cache
      image: example/cache
      configuration: {path: /etc/c, format: ini, section: "a]\\nb", known: {"x\\ny": {type: string}}, fixed: {"z = 1": "2"}}
      health: [ping]
      """
    let sample = SampleWorkspace("runtime: {base: debian-12}\n", components: ["cache": definition])
    #expect(sample.problems.map(\.id) == ["spec.invalid-value", "spec.invalid-value", "spec.invalid-value"])
  }
}
