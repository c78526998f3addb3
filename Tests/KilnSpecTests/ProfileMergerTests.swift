import KilnDiagnostics
import Testing

@testable import KilnSpec

struct ProfileMergerTests {
  private func definitions(_ profiles: [(name: String, text: String)]) -> Definitions {
    var definitions = Definitions()
    for (name, text) in profiles {
      definitions.profiles[name] = YAMLReader(file: "profiles/\(name).yaml").read(text).root
    }
    return definitions
  }

  private func name(_ text: String) -> Located<String> { Located(text, at: SourceLocation(file: "a.yaml")) }

  @Test func aChainIsMergedFromBelow() throws {
    var merger = ProfileMerger(
      definitions([("a", "{profile: b, x: 1}"), ("b", "{profile: c, x: 2, y: 2}"), ("c", "{y: 3, z: 3}")]))
    let merged = merger.tree(name("a"))
    let tree = try #require(merged)
    #expect(["x", "y", "z"].map { tree[$0]?.scalar?.text } == ["1", "2", "3"])
    #expect(merger.problems == [])
  }

  /// What is wrong is reported where it lies, once, however many use it.
  @Test(arguments: [
    ([("a", "{profile: b}"), ("b", "{profile: a}")], "spec.profile-cycle"),
    ([("a", "{profile: b}")], "spec.unknown-profile"),
  ]) func isReportedOnce(_ profiles: [(String, String)], _ id: String) {
    var merger = ProfileMerger(definitions(profiles))
    for _ in 0..<3 { #expect(merger.tree(name("a")) == nil) }
    #expect(merger.problems.map(\.id) == [id])
    #expect(merger.problems.allSatisfy { $0.location?.file.hasPrefix("profiles/") == true })
  }

  @Test func whatHasErrorsIsReportedThere() {
    var broken = definitions([("a", "{profile: b}")])
    broken.unusable["b"] = "profiles/b.yaml"
    var merger = ProfileMerger(broken)
    #expect(merger.tree(name("a")) == nil)
    #expect(merger.problems == [])
  }

  @Test(.timeLimit(.minutes(15))) func aChainHasALimit() {
    let profiles = (0..<20_000).map { ("p\($0)", "{profile: p\($0 + 1)}") } + [("p20000", "{}")]
    var merger = ProfileMerger(definitions(profiles))
    // Whichever is asked first.
    #expect(merger.tree(name("p19990")) != nil)
    #expect(merger.tree(name("p19985")) != nil)
    #expect(merger.tree(name("p19984")) == nil)
    #expect(merger.tree(name("p0")) == nil)
    #expect(merger.problems.map(\.id) == ["spec.profile-limit", "spec.profile-limit"])
  }
}
