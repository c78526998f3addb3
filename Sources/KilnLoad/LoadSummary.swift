import KilnArtifacts
package import KilnDocuments
package import SystemPackage

/// What a customer's load tests gave, for people and programs.
package struct LoadSummary: Sendable {
  package let customer: String
  package let outcomes: [LoadRun.Outcome]
  /// What ended the tests before all were run.
  package let failure: (any Error)?

  package init(customer: String, outcomes: [LoadRun.Outcome], failure: (any Error)? = nil) {
    self.customer = customer
    self.outcomes = outcomes
    self.failure = failure
  }

  package var isGood: Bool { failure == nil && outcomes.allSatisfy(\.result.isGood) }

  private static let columns = [
    "load test", "requests", "errors", "per second", "mean", "p50", "p90", "p95", "p99", "max",
  ]

  /// A table with times in milliseconds, a line for each budget that is broken, and where the rest is.
  package var text: String {
    guard !outcomes.isEmpty else { return "" }
    var rows = [Self.columns]
    for result in outcomes.map(\.result) {
      rows.append(
        Self.row(
          result.test, result.samples, result.errors, LoadCheck.number((result.throughput * 10).rounded() / 10),
          result.times))
      guard result.requests.count > 1 else { continue }
      rows += result.requests.map { Self.row("  \($0.label)", $0.samples, $0.errors, "", $0.times) }
    }
    var lines = TextTable.lines(rows)
    for result in outcomes.map(\.result) {
      for check in result.checks where !check.isGood { lines.append("failed: \(result.test): \(check.message)") }
      for check in result.checks where check.isGood { lines.append("passed: \(result.test): \(check.message)") }
    }
    lines += outcomes.map { "report: \($0.folder.report)" }
    return lines.map { ConsoleText.safe(line: $0) + "\n" }.joined()
  }

  private static func row(
    _ name: String, _ samples: Int, _ errors: Int, _ throughput: String, _ times: LoadResult.Times
  ) -> [String] {
    [name, String(samples), String(errors), throughput, LoadCheck.number((times.mean * 10).rounded() / 10)]
      + [times.p50, times.p90, times.p95, times.p99, times.max].map(String.init)
  }

  package var document: DocumentValue {
    [
      "schemaVersion": 1, "customer": .string(customer), "isGood": .bool(isGood),
      "tests": .list(outcomes.map(\.result.document)),
    ]
  }

  /// JUnit's XML: a suite for each load test, a case for each budget.
  package var junit: String {
    let results = outcomes.map(\.result)
    func counts(_ checks: [LoadCheck]) -> String {
      "tests=\"\(checks.count)\" failures=\"\(checks.count { !$0.isGood })\" errors=\"0\" skipped=\"0\""
    }
    var lines = [
      #"<?xml version="1.0" encoding="UTF-8"?>"#,
      "<testsuites name=\"\(Markup.escaped("kiln load \(customer)"))\" \(counts(results.flatMap(\.checks)))>",
    ]
    for result in results {
      let suite = Markup.escaped("\(customer).\(result.test)")
      lines.append(
        "  <testsuite name=\"\(suite)\" \(counts(result.checks)) time=\"\(LoadCheck.number(result.seconds))\">")
      for check in result.checks {
        let start = "    <testcase classname=\"\(suite)\" name=\"\(Markup.escaped(check.name))\""
        lines.append(
          check.isGood
            ? start + "/>" : start + "><failure message=\"\(Markup.escaped(check.message))\"/></testcase>")
      }
      lines.append("  </testsuite>")
    }
    return lines.joined(separator: "\n") + "\n</testsuites>\n"
  }

  /// - Throws: `FileSystemError`.
  package func writeJUnit(_ file: String, in folder: FilePath) throws {
    try FileReplacement.replace([.init(path: folder.pushing(FilePath(file)), bytes: Array(junit.utf8))])
  }
}

/// Columns under each other: the first to the left, numbers to the right.
enum TextTable {
  static func lines(_ rows: [[String]]) -> [String] {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { index, cell in
        let blanks = String(repeating: " ", count: widths[index] - cell.count)
        return index == 0 ? cell + blanks : blanks + cell
      }.joined(separator: "  ")
    }
  }
}
