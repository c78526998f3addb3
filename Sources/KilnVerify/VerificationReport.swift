import KilnArtifacts
package import KilnConsole
package import KilnDocuments
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What was checked in the containers of an environment, and what came of it.
package struct VerificationReport: Sendable, Equatable {
  package struct Check: Sendable, Equatable {
    package enum Outcome: String, Sendable {
      case passed, failed, skipped
    }

    /// The service, as Compose calls it.
    package let container: String
    /// As in `Package: redis-server: installed`.
    package let name: String
    package let outcome: Outcome
    /// Why it failed or was skipped; empty for one that passed.
    package let message: String
    package var seconds: Double = 0
  }

  package let customer: String
  /// Whether the environment was up; else the app's image alone was looked into.
  package let isRunning: Bool
  package let checks: [Check]

  package var failed: [Check] { checks.filter { $0.outcome == .failed } }

  /// The same without the values of secrets, which a page or a command may have shown.
  package func masked(_ mask: SecretMask) -> VerificationReport {
    VerificationReport(
      customer: customer, isRunning: isRunning,
      checks: checks.map { check in
        Check(
          container: check.container, name: check.name, outcome: check.outcome, message: mask.masked(check.message),
          seconds: check.seconds)
      })
  }

  private var containers: [String] {
    var seen: Set<String> = []
    return checks.map(\.container).filter { seen.insert($0).inserted }
  }

  private func count(_ outcome: Check.Outcome, in container: String) -> Int {
    checks.count { $0.container == container && $0.outcome == outcome }
  }

  /// A table of the containers, then what failed and what was skipped for want of a running environment.
  package var text: String {
    let rows =
      [["container", "passed", "failed", "skipped"]]
      + containers.map { name in
        [name] + [.passed, .failed, .skipped].map { String(count($0, in: name)) }
      }
    let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
    var lines = rows.map { row in
      row.enumerated().map { index, cell in
        let blanks = String(repeating: " ", count: widths[index] - cell.count)
        return index == 0 ? cell + blanks : blanks + cell
      }.joined(separator: "  ")
    }
    for check in checks where check.outcome != .passed && !check.message.isEmpty {
      lines.append("\(check.outcome.rawValue): \(check.container): \(check.name): \(check.message)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  package var document: DocumentValue {
    [
      "schemaVersion": 1, "customer": .string(customer), "running": .bool(isRunning),
      "failed": .integer(failed.count),
      "checks": .list(
        checks.map { check in
          [
            "container": .string(check.container), "name": .string(check.name),
            "outcome": .string(check.outcome.rawValue), "message": .string(check.message),
            "seconds": .decimal((check.seconds * 1000).rounded() / 1000),
          ]
        }),
    ]
  }

  /// JUnit's XML as CI systems read it: a suite for each container.
  package var junit: String { Self.junit(of: [self]) }

  /// The same for several customers in one file.
  /// - Parameter command: What made them.
  package static func junit(of reports: [VerificationReport], by command: String = "kiln verify") -> String {
    func counts(_ checks: [Check]) -> String {
      let failures = checks.count { $0.outcome == .failed }
      let skipped = checks.count { $0.outcome == .skipped }
      let seconds = checks.reduce(0) { $0 + $1.seconds }
      return
        "tests=\"\(checks.count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\" time=\"\(time(seconds))\""
    }
    var lines = [
      #"<?xml version="1.0" encoding="UTF-8"?>"#,
      "<testsuites name=\"\(Markup.escaped(([command] + reports.map(\.customer)).joined(separator: " ")))\" \(counts(reports.flatMap(\.checks)))>",
    ]
    for (report, container) in reports.flatMap({ report in report.containers.map { (report, $0) } }) {
      let customer = report.customer
      let own = report.checks.filter { $0.container == container }
      lines.append("  <testsuite name=\"\(Markup.escaped("\(customer).\(container)"))\" \(counts(own))>")
      for check in own {
        let start =
          "    <testcase classname=\"\(Markup.escaped("\(customer).\(container)"))\" name=\"\(Markup.escaped(check.name))\" time=\"\(time(check.seconds))\""
        switch check.outcome {
        case .passed: lines.append(start + "/>")
        case .failed: lines.append(start + "><failure message=\"\(Markup.escaped(check.message))\"/></testcase>")
        case .skipped: lines.append(start + "><skipped message=\"\(Markup.escaped(check.message))\"/></testcase>")
        }
      }
      lines.append("  </testsuite>")
    }
    return lines.joined(separator: "\n") + "\n</testsuites>\n"
  }

  /// - Throws: `FileSystemError`.
  package static func writeJUnit(
    of reports: [VerificationReport], by command: String = "kiln verify", to file: String, in folder: FilePath
  ) throws {
    let text = junit(of: reports, by: command)
    try FileReplacement.replace([.init(path: folder.pushing(FilePath(file)), bytes: Array(text.utf8))])
  }

  /// Seconds with three digits, whatever the locale.
  private static func time(_ seconds: Double) -> String {
    let thousandths = Int((seconds * 1000).rounded())
    return "\(thousandths / 1000).\(String(thousandths % 1000 + 1000).dropFirst())"
  }
}

extension VerificationReport.Check {
  /// goss's "Expected 500 to be numerically eq 200", in the words of who asks for 200.
  private static func plain(_ message: String) -> String {
    for verb in [" to be numerically eq ", " to equal "] {
      let parts = message.split(separator: verb, maxSplits: 1)
      guard message.hasPrefix("Expected "), parts.count == 2 else { continue }
      return "is \(parts[0].dropFirst(9)), expected \(parts[1])"
    }
    return message
  }

  /// What `goss validate --format json` prints; after retries the last of several documents, one a line.
  package static func checks(gossOutput output: String, container: String) -> [Self]? {
    struct Document: Decodable {
      struct Result: Decodable {
        let duration: Int?
        let `resource-type`: String
        let `resource-id`: String
        let property: String
        let result: Int
        let `summary-line-compact`: String?
        let `matcher-result`: Matcher?

        struct Matcher: Decodable {
          let missing: [String]?

          enum CodingKeys: String, CodingKey { case missing = "missing-elements" }

          init(from decoder: any Decoder) throws {
            missing = try? decoder.container(keyedBy: CodingKeys.self).decodeIfPresent([String].self, forKey: .missing)
          }
        }
      }
      let results: [Result]
    }
    guard let line = output.split(separator: "\n").last(where: { $0.hasPrefix("{") }),
      let document = try? JSONDecoder().decode(Document.self, from: Data(line.utf8))
    else { return nil }
    return document.results.map { result in
      let name = "\(result.`resource-type`): \(result.`resource-id`): \(result.property)"
      // goss: 0 holds, 1 does not, 2 was not asked because something before it failed, 3 could not be asked.
      let outcome: Outcome = result.result == 0 ? .passed : result.result == 2 ? .skipped : .failed
      var message = outcome == .failed ? result.`summary-line-compact` ?? "is not as expected" : ""
      if message.hasPrefix(name + ": ") { message.removeFirst(name.count + 2) }
      message = Self.plain(message)
      // Of a page or an output goss tells its own type's name.
      if outcome == .failed, let missing = result.`matcher-result`?.missing, !missing.isEmpty {
        message = "it lacks " + missing.map { "\"\($0)\"" }.joined(separator: ", ")
      }
      return Self(
        container: container, name: Relayed.safe(name), outcome: outcome, message: Relayed.safe(message),
        seconds: Double(result.duration ?? 0) / 1e9)
    }
    .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}
