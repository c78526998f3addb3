import KilnDiagnostics
import Testing

struct DiagnosticRendererTests {
  let diagnostic = Diagnostic(
    "spec.unknown-key", "unknown key \"componets\" in runtime",
    at: SourceLocation(file: "environments/acme.yaml", line: 2, column: 5, length: 9),
    suggestion: "did you mean \"components\"?")

  private func render(_ format: DiagnosticRenderer.Format) -> String {
    DiagnosticRenderer(format: format, sources: { _ in "runtime:\n    componets:\n" }).render([diagnostic])
  }

  @Test func showsThePlaceAndTheLine() {
    #expect(
      render(.text) == """
        environments/acme.yaml:2:5: error: unknown key "componets" in runtime [spec.unknown-key]
          2 |     componets:
            |     ^~~~~~~~~ did you mean "components"?

        """)
  }

  @Test func annotatesOnGitHub() {
    #expect(
      render(.github)
        == "::error file=environments/acme.yaml,line=2,col=5,title=spec.unknown-key::unknown key \"componets\" in runtime (did you mean \"components\"?)\n"
    )
  }

  @Test func logsAnIssueInAzurePipelines() {
    #expect(
      render(.azurePipelines)
        == "##vso[task.logissue type=error;sourcepath=environments/acme.yaml;linenumber=2;columnnumber=5;code=spec.unknown-key]unknown key \"componets\" in runtime (did you mean \"components\"?)\n"
    )
  }

  @Test func isOneJSONDocument() {
    #expect(
      render(.json) == """
        {
          "diagnostics": [
            {"column": 5, "file": "environments/acme.yaml", "id": "spec.unknown-key", "line": 2, "message": "unknown key \\"componets\\" in runtime", "notes": [], "severity": "error", "suggestion": "did you mean \\"components\\"?"}
          ],
          "schemaVersion": 1
        }

        """)
    #expect(DiagnosticRenderer(format: .json).render([]) == "{\n  \"diagnostics\": [],\n  \"schemaVersion\": 1\n}\n")
  }

  @Test func neverPassesControlCharactersOn() {
    let text = DiagnosticRenderer().render([Diagnostic("a.b", "x\u{1B}[2Jy\nz")])
    #expect(text == "error: x␛[2Jy␊z [a.b]\n")
    let github = DiagnosticRenderer(format: .github).render([Diagnostic("a.b", "x\n::error::y")])
    #expect(github == "::error title=a.b::x%0A·::error::y\n")
  }

  @Test func ordersByPlaceAndDropsRepeats() {
    let late = Diagnostic("a.late", "late", at: SourceLocation(file: "b", line: 10, column: 1))
    let early = Diagnostic("a.early", "early", at: SourceLocation(file: "b", line: 9, column: 3))
    #expect([late, early, late].inCanonicalOrder() == [early, late])
  }

  @Test(arguments: [
    ("componets", "components"), ("verison", "version"), ("baes", "base"), ("zzz", nil), ("x", nil),
  ]) func suggestsTheNearestName(_ name: String, _ expected: String?) {
    #expect(nearest(to: name, among: ["base", "components", "version"]) == expected)
  }
}
