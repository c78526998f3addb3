package import KilnDocuments
package import KilnPlan
import KilnSpec

/// What a host says of itself, and whether it is what its spec says.
package struct HostStatus: Sendable {
  package let host: HostPlan
  package let outcome: HostOutcome

  package init(_ host: HostPlan, _ outcome: HostOutcome) {
    self.host = host
    self.outcome = outcome
  }

  /// As `playbooks/files/host-status.py` prints it; nil where it was not reached.
  package var facts: DocumentValue? { outcome.reports["Status"] }

  /// What is not as the spec says.
  package var drift: [HostOutcome.Change] { outcome.changes }

  /// Bytes of a disk below which somebody must act.
  private static let lowDisk = 2 << 30
  /// Days before a certificate's end, which its authority renews earlier.
  private static let lateCertificate = 10

  /// What somebody must look at.
  package var troubles: [String] {
    guard let facts else { return [] }
    var troubles: [String] = []
    for unit in (facts["failedUnits"]?.items ?? []).compactMap(\.textValue) {
      troubles.append("the unit \(unit) has failed")
    }
    for disk in facts["disks"]?.items ?? [] where (disk["free"]?.integerValue ?? 0) < Self.lowDisk {
      troubles.append("\(disk["path"]?.textValue ?? "/") has \(Self.size(disk["free"])) left")
    }
    for certificate in facts["certificates"]?.items ?? [] {
      let domain = certificate["domain"]?.textValue ?? ""
      guard let days = Self.days(certificate["days"]) else {
        troubles.append("no certificate is served for \(domain)")
        continue
      }
      let isLocal = host.spec.https?.certificate == .local
      if days < (isLocal ? 0 : Self.lateCertificate) {
        troubles.append("the certificate of \(domain) ends in \(days) days")
      }
    }
    for stack in stacks where !stack.isHealthy {
      troubles.append("the stack \(stack.name) is not well: \(stack.words)")
    }
    return troubles
  }

  package struct Stack: Sendable {
    package let name: String
    package let isHealthy: Bool
    package let words: String
  }

  /// As `kiln-stack status` prints them.
  package var stacks: [Stack] {
    (facts?["stacks"]?.members.pairs ?? []).map { name, stack in
      let containers = stack["containers"]?.items ?? []
      let words = containers.map { one -> String in
        let health = one["health"]?.textValue ?? "none"
        return "\(one["service"]?.textValue ?? "?") \(health == "none" ? one["state"]?.textValue ?? "?" : health)"
      }
      // A job that has ended well is no trouble.
      let isGood = containers.allSatisfy { one in
        ["healthy", "none"].contains(one["health"]?.textValue ?? "none")
          && ["running", "exited"].contains(one["state"]?.textValue ?? "")
      }
      let isWanted = stack["digest"] == stack["wanted"] && stack["interrupted"]?.isTrue != true
      return Stack(
        name: name, isHealthy: isGood && isWanted && !containers.isEmpty,
        words: (isWanted ? "" : "another release than the one that is wanted; ")
          + (words.isEmpty ? "no container" : words.joined(separator: ", ")))
    }
  }

  private static func days(_ value: DocumentValue?) -> Int? {
    switch value {
    case .decimal(let days)?: Int(days.rounded(.down))
    case .integer(let days)?: days
    default: nil
    }
  }

  static func size(_ value: DocumentValue?) -> String {
    let bytes = value?.integerValue ?? 0
    return bytes < 1 << 30 ? "\(bytes >> 20) MiB" : "\(bytes >> 30) GiB"
  }

  package var text: String {
    guard let facts else { return "\(host.name): not reached\n" }
    func word(_ key: String) -> String { facts[key]?.textValue ?? "?" }
    var lines = [
      "\(host.name) (\(host.group)): \(word("system")), kernel \(word("kernel")), up \(Self.span(facts["uptime"]))"
    ]
    let versions = (facts["versions"]?.members.pairs ?? []).compactMap { name, value in
      value.textValue.map { "\(name) \($0)" }
    }
    if !versions.isEmpty { lines.append("  versions: \(versions.joined(separator: ", "))") }
    for disk in facts["disks"]?.items ?? [] {
      lines.append("  \(disk["path"]?.textValue ?? "/"): \(Self.size(disk["free"])) of \(Self.size(disk["size"])) free")
    }
    for certificate in facts["certificates"]?.items ?? [] {
      let days = Self.days(certificate["days"])
      let end = days.map { $0 == 0 ? "less than a day" : Phrase.count($0, "day") } ?? "none is served"
      lines.append("  certificate of \(certificate["domain"]?.textValue ?? "?"): \(end)")
    }
    for stack in stacks {
      lines.append("  stack \(stack.name): \(stack.isHealthy ? "healthy" : "not well") (\(stack.words))")
    }
    if facts["restartNeeded"]?.isTrue == true { lines.append("  an update waits for a restart") }
    lines += troubles.map { "  trouble: \($0)" }
    if drift.isEmpty {
      lines.append("  as its spec says")
    } else {
      lines.append("  not as its spec says:")
      lines += drift.map { "    \(HostProgress.title($0.role, $0.task))" }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func span(_ value: DocumentValue?) -> String {
    let seconds = value?.integerValue ?? 0
    if seconds < 3600 { return "\(seconds / 60) min" }
    return seconds < 172_800 ? "\(seconds / 3600) h" : "\(seconds / 86400) days"
  }

  package var document: DocumentValue {
    [
      "host": .string(host.name), "group": .string(host.group), "reached": .bool(facts != nil), "facts": facts ?? .null,
      "drift": .list(drift.map { ["role": .string($0.role), "task": .string($0.task)] }),
      "troubles": .strings(troubles),
    ]
  }
}
