package import KilnDocuments

/// What a run of Ansible came to on one host.
package struct HostOutcome: Sendable {
  package struct Failure: Sendable, Equatable {
    package let role: String
    package let task: String
    /// What it said, with its entries' words.
    package let message: String
    /// Whether nothing could be asked of it.
    package let isUnreachable: Bool
  }

  package struct Change: Sendable, Equatable {
    package let role: String
    package let task: String
    /// Of files, as `diff -u` shows it; empty where there is none.
    package var difference = ""
  }

  package let host: String
  package var changes: [Change] = []
  package var failure: Failure?
  /// What tasks have printed, by task.
  package var reports: [String: DocumentValue] = [:]
  package var isSeen = false

  package var isGood: Bool { failure == nil && isSeen }
}

/// Gathers events by host, and says what happens as it happens.
package struct HostProgress: Sendable {
  package private(set) var outcomes: [String: HostOutcome] = [:]
  /// Words of Ansible's own: warnings, and why it did not begin.
  package private(set) var words: [String] = []
  package private(set) var isEnded = false
  /// The task that runs.
  package private(set) var current = ""
  private let hosts: [String]
  private var role = ""
  private var items: [String: [String]] = [:]
  private var differences: [String: String] = [:]

  package init(_ hosts: [String]) {
    self.hosts = hosts
    for host in hosts { outcomes[host] = HostOutcome(host: host) }
  }

  /// - Returns: Lines that say what came of it.
  package mutating func add(_ line: String) -> [String] {
    guard let event = HostEvent(line: line) else {
      if !line.allSatisfy(\.isWhitespace) { words.append(line) }
      return []
    }
    switch event {
    case .task(let role, let name):
      current = Self.title(role, name)
      items = [:]
      differences = [:]
      guard role != self.role, !role.isEmpty else { return [] }
      defer { self.role = role }
      return summary(of: self.role)
    case .difference(let host, _, _, let text):
      differences[host, default: ""] += text
      return []
    case .item(let host, let name, let message):
      items[host, default: []].append(name.isEmpty ? message : "\(name): \(message)")
      return []
    case .report(let host, let task, let value):
      outcomes[host]?.reports[task] = value
      return []
    case .result(let result): return add(result)
    case .end:
      isEnded = true
      return summary(of: role)
    }
  }

  private mutating func add(_ result: HostEvent.Result) -> [String] {
    outcomes[result.host]?.isSeen = true
    switch result.status {
    case .ok, .ignored: return []
    case .changed:
      outcomes[result.host]?.changes.append(
        .init(role: result.role, task: result.task, difference: differences[result.host] ?? ""))
      return []
    case .failed, .unreachable:
      let message = items[result.host].map { $0.joined(separator: "\n") } ?? result.message
      outcomes[result.host]?.failure = .init(
        role: result.role, task: result.task, message: message, isUnreachable: result.status == .unreachable)
      return ["\(result.host): \(result.status.rawValue): \(Self.title(result.role, result.task))"]
    }
  }

  /// What a role has changed, host by host.
  private func summary(of role: String) -> [String] {
    hosts.compactMap { host in
      let count = (outcomes[host]?.changes ?? []).filter { $0.role == role }.count
      return count == 0 || role.isEmpty ? nil : "\(host): \(role): \(count) changed"
    }
  }

  static func title(_ role: String, _ task: String) -> String { role.isEmpty ? task : "\(role): \(task)" }
}
