package import KilnDiagnostics
package import KilnDocuments
package import SystemPackage

/// What became of a customer's tests.
package struct TestReport: Sendable {
  package struct Result: Sendable {
    package let name: String
    /// Why it failed; nil for one that passed.
    package let failure: String?
    package let seconds: Double
    /// Cases of its JUnit files.
    package var cases = 0
    package var failedCases: [String] = []
    package var skipped = 0
    /// Kept files, below the folder of the test.
    package var files: [FilePath] = []
    /// The last that it printed.
    package var lines: [String] = []
  }

  package let customer: String
  package let results: [Result]
  /// What reports, logs and files of all are below, from the workspace's root.
  package let folder: FilePath

  package var failed: [Result] { results.filter { $0.failure != nil } }

  /// A table, then why tests failed, the first with its last lines.
  package var text: String {
    let rows =
      [["test", "result", "cases", "failed", "seconds"]]
      + results.map { result in
        [
          result.name, result.failure == nil ? "passed" : "failed", String(result.cases),
          String(result.failedCases.count), Self.seconds(result.seconds),
        ]
      }
    let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
    var lines = rows.map { row in
      row.enumerated().map { index, cell in
        let blanks = String(repeating: " ", count: widths[index] - cell.count)
        return index < 2 ? cell + blanks : blanks + cell
      }.joined(separator: "  ")
    }
    for (index, result) in failed.enumerated() {
      lines.append("failed: \(result.name): \(result.failure ?? "")")
      // Of one the reason is looked for; of the others it may be the same.
      lines += result.lines.suffix(index == 0 ? .max : 5).map { "  \($0)" }
      if !result.files.isEmpty {
        lines.append("  \(folder.appending(result.name)): \(Phrase.some(result.files.map(\.string), limit: 4))")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func seconds(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  package var document: DocumentValue {
    [
      "schemaVersion": 1, "customer": .string(customer), "failed": .integer(failed.count),
      "folder": .string(folder.string),
      "tests": .list(
        results.map { result in
          [
            "name": .string(result.name), "outcome": .string(result.failure == nil ? "passed" : "failed"),
            "message": .string(result.failure ?? ""), "seconds": .decimal((result.seconds * 1000).rounded() / 1000),
            "cases": .integer(result.cases), "skipped": .integer(result.skipped),
            "failedCases": .strings(result.failedCases), "files": .strings(result.files.map(\.string)),
          ]
        }),
    ]
  }

  /// For CI systems: a case for each test; the tests' own files have theirs.
  package var checks: VerificationReport {
    VerificationReport(
      customer: customer, isRunning: true,
      checks: results.map { result in
        .init(
          container: "tests", name: result.name, outcome: result.failure == nil ? .passed : .failed,
          message: ([result.failure ?? ""] + result.lines).joined(separator: "\n"), seconds: result.seconds)
      })
  }
}

extension VerificationReport {
  /// What could not be done at all, as one check that failed.
  package static func failed(_ name: String, of customer: String, _ error: CommandError) -> VerificationReport {
    let lines = error.diagnostics.flatMap { [$0.message] + $0.details }
    return VerificationReport(
      customer: customer, isRunning: false,
      checks: [
        .init(container: "tests", name: name, outcome: .failed, message: lines.joined(separator: "\n"))
      ])
  }
}
