import KilnDiagnostics
import KilnPlan
import KilnTesting
import Testing

/// Which components a runtime has, and in which order.
struct ComponentOrderTests {
  private func sample(_ components: [String: String], using names: String, base: String = "debian-12")
    -> SampleWorkspace
  {
    SampleWorkspace(
      "runtime: {base: \(base), components: {\(names)}}\n",
      components: components.mapValues { "summary: One\nsteps: []\n" + $0 })
  }

  private func order(_ components: [String: String], using names: String) throws -> [String] {
    let sample = sample(components, using: names)
    #expect(sample.problems.isEmpty, "\(sample.problems)")
    return try #require(sample.plans.first).runtime.components.map(\.name)
  }

  @Test func withoutRequirementsByName() throws {
    #expect(try order(["a": "", "b": "", "c": ""], using: "c: {}, a: {}, b: {}") == ["a", "b", "c"])
  }

  @Test func whatIsRequiredComesFirstAndIsAdded() throws {
    #expect(
      try order(["a": "requires: [c]", "b": "", "c": "requires: [d]", "d": ""], using: "a: {}, b: {}") == [
        "d", "c", "a", "b",
      ])
  }

  @Test func whatIsSharedMostComesFirst() throws {
    #expect(try order(["a": "", "b": "order: 10", "c": "order: 90"], using: "a: {}, b: {}, c: {}") == ["b", "a", "c"])
    // A requirement comes first whatever its order.
    #expect(try order(["a": "requires: [c]\norder: 10", "c": "order: 90"], using: "a: {}") == ["c", "a"])
  }

  @Test func whatTwoRequireIsThereOnce() throws {
    #expect(
      try order(["a": "requires: [c]", "b": "requires: [c]", "c": ""], using: "a: {}, b: {}") == ["c", "a", "b"])
  }

  @Test func aCycleIsReportedAsOne() {
    let problems = sample(["a": "requires: [b]", "b": "requires: [c]", "c": "requires: [b]"], using: "a: {}").problems
    #expect(problems.map(\.id) == ["spec.component-cycle"])
    #expect(problems.first?.message == "components require each other: b → c → b")
  }

  @Test func conflictsAndBasesAreRefused() {
    let conflict = sample(["a": "conflicts: [b]", "b": ""], using: "a: {}, b: {}").problems
    #expect(conflict.map(\.id) == ["spec.component-conflict"])
    let base = sample(["a": "bases: [ubuntu-22.04]"], using: "a: {}").problems
    #expect(base.map(\.id) == ["spec.unsupported-base"])
    #expect(sample(["a": "bases: [ubuntu-22.04]"], using: "a: {}", base: "ubuntu-22.04").problems.isEmpty)
  }

  @Test func whatIsNotThereHasItsNearest() {
    let unknown = SampleWorkspace("runtime: {base: debian-12, components: {phpp: {}}}\n").problems
    #expect(unknown.map(\.id) == ["spec.unknown-component"] && unknown.first?.suggestion == "did you mean \"php\"?")
  }
}
