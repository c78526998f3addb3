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

  @Test func ordersProblemsThatAgreeInAllButTheRemedy() {
    let problems = (0..<50).map { number in
      let note = Diagnostic.Note("here", at: SourceLocation(file: "f", line: number % 10, column: 1))
      return Diagnostic("spec.a", "wrong", suggestion: "remedy \(number / 10)", notes: [note])
    }
    let ordered = problems.inCanonicalOrder()
    for _ in 0..<20 { #expect(problems.shuffled().inCanonicalOrder() == ordered) }
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

/// Files with more problems than anybody reads.
struct DiagnosticSelectionTests {
  private func problems(_ number: Int, _ severity: Diagnostic.Severity = .error, file: String = "a.yaml")
    -> [Diagnostic]
  {
    (0..<number).map {
      Diagnostic("a.b", "number \($0)", severity: severity, at: SourceLocation(file: file, line: $0 + 1, column: 1))
    }
  }

  private func render(_ problems: [Diagnostic], _ format: DiagnosticRenderer.Format) -> String {
    DiagnosticRenderer(format: format).render(problems)
  }

  @Test func aHundredOfAFileAreShown() {
    let text = render(problems(100) + problems(3, file: "b.yaml"), .text)
    #expect(text.split(separator: "\n").count == 103)
    #expect(!text.contains("more"))
  }

  @Test func theRestIsCounted() {
    let all = problems(20_000) + problems(101, file: "b.yaml") + problems(1, file: "c.yaml")
    let text = render(all, .text)
    #expect(text.split(separator: "\n").count == 203)
    #expect(text.contains("a.yaml:100:1: error: number 99 [a.b]\nand 19900 more problems in a.yaml\nb.yaml:1:1: "))
    #expect(text.contains("\nand 1 more problem in b.yaml\nc.yaml:1:1: "))
    let github = render(all, .github)
    #expect(github.split(separator: "\n").count == 203)
    #expect(github.contains("::error file=a.yaml,title=diagnostics.omitted::and 19900 more problems in a.yaml\n"))
    #expect(render(all, .azurePipelines).contains("code=diagnostics.omitted]and 19900 more problems in a.yaml\n"))
    let json = render(all, .json)
    #expect(
      json.contains(
        "\n  \"omitted\": [\n    {\"count\": 19900, \"file\": \"a.yaml\"},\n    {\"count\": 1, \"file\": \"b.yaml\"}\n  ],\n"
      ))
    #expect(json.split(separator: "\"id\"").count == 202)
  }

  /// The one error among many warnings is what stops the command.
  @Test func errorsAreShownFirst() {
    let error = Diagnostic("a.late", "late", at: SourceLocation(file: "a.yaml", line: 500, column: 1))
    let text = render(problems(300, .warning) + [error], .text)
    #expect(text.hasSuffix("a.yaml:500:1: error: late [a.late]\nand 201 more problems in a.yaml\n"))
    #expect(
      render(problems(300, .warning) + [error], .github).contains("::warning file=a.yaml,title=diagnostics.omitted"))
  }

  @Test func excerptsShowTheirLine() {
    let source = "first\r\n" + String(repeating: "é", count: 300) + "X" + String(repeating: "y", count: 300) + "\nlast"
    let renderer = DiagnosticRenderer(sources: { _ in source })
    func shown(_ line: Int, _ column: Int, _ length: Int) -> String {
      renderer.render([
        Diagnostic("a.b", "m", at: SourceLocation(file: "a", line: line, column: column, length: length))
      ])
    }
    #expect(shown(1, 1, 5).hasSuffix("  1 | first\n    | ^~~~~\n"))
    #expect(shown(1, 6, 1).hasSuffix("  1 | first\n    |      ^\n"))
    #expect(shown(1, 7, 1) == "a:1:7: error: m [a.b]\n")
    #expect(shown(3, 1, 90).hasSuffix("  3 | last\n    | ^~~~\n"))
    #expect(shown(4, 1, 1) == "a:4:1: error: m [a.b]\n")
    let middle = "  2 | …" + String(repeating: "é", count: 40) + "X" + String(repeating: "y", count: 99) + "\n"
    #expect(shown(2, 301, 1).hasSuffix(middle + "    | " + String(repeating: " ", count: 41) + "^\n"))
  }
}
