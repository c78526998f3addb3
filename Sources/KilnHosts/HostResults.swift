package import KilnDiagnostics
package import KilnDocuments
package import KilnPlan
import KilnSpec

/// What came of all hosts, for people and programs.
package struct HostResults: Sendable {
  package let hosts: [HostPlan]
  package let outcomes: [HostOutcome]
  let mode: HostRun.Mode

  package init(_ hosts: [HostPlan], _ outcomes: [HostOutcome], _ mode: HostRun.Mode) {
    self.hosts = hosts
    self.outcomes = outcomes
    self.mode = mode
  }

  /// Whether a host is not what its spec says.
  package var hasChanges: Bool { outcomes.contains { !$0.changes.isEmpty } }

  /// One problem for each host that failed.
  package var failures: [Diagnostic] {
    zip(hosts, outcomes).compactMap { host, outcome in
      if let failure = outcome.failure { return HostFailure(host: host, failure: failure).diagnostic }
      if outcome.isSeen { return nil }
      return Diagnostic(
        "hosts.failed", "\(host.name): Ansible did nothing on it", at: host.spec.name.location,
        suggestion: "run it again with --verbose")
    }
  }

  private func word(_ outcome: HostOutcome) -> String {
    if let failure = outcome.failure { return failure.isUnreachable ? "unreachable" : "failed" }
    guard outcome.isSeen else { return "failed" }
    switch mode {
    case .plan: return outcome.changes.isEmpty ? "unchanged" : "would change"
    case .apply: return outcome.changes.isEmpty ? "unchanged" : "changed"
    case .verify, .status: return "good"
    }
  }

  /// A line for each host.
  package var summary: String {
    outcomes.map { outcome in
      let count = outcome.changes.count
      let behind = count == 0 || mode == .verify ? "" : ", \(Phrase.count(count, "task"))"
      return "\(outcome.host): \(word(outcome))\(behind)\n"
    }.joined()
  }

  /// Every change, with the differences of files.
  package var differences: String {
    outcomes.filter { !$0.changes.isEmpty }.map { outcome in
      "\(outcome.host):\n"
        + outcome.changes.map { change in
          let lines = change.difference.split(separator: "\n", omittingEmptySubsequences: false).map { "      \($0)" }
          let text = change.difference.trimmed.isEmpty ? "" : lines.joined(separator: "\n").trimmedRight + "\n"
          return "  \(HostProgress.title(change.role, change.task))\n\(text)"
        }.joined()
    }.joined()
  }

  package var document: DocumentValue {
    [
      "schemaVersion": 1,
      "hosts": .list(
        zip(hosts, outcomes).map { host, outcome in
          [
            "host": .string(host.name), "group": .string(host.group), "result": .string(word(outcome)),
            "changes": .list(
              outcome.changes.map {
                ["role": .string($0.role), "task": .string($0.task), "difference": .string($0.difference)]
              }),
            "failure": outcome.failure.map {
              ["role": .string($0.role), "task": .string($0.task), "message": .string($0.message)]
            } ?? .null,
          ]
        }),
    ]
  }
}

extension String {
  /// Without blanks at its end.
  var trimmedRight: String {
    var text = self[...]
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
