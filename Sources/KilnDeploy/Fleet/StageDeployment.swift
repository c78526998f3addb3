import KilnDocuments

/// What a customer's stage runs, and how it came there.
package struct StageDeployment: Sendable, Hashable {
  package enum Health: Sendable, Hashable {
    case healthy
    case unhealthy(String)
    /// Nobody asked.
    case unknown

    /// One word, for tables and programs.
    package var word: String {
      switch self {
      case .healthy: "healthy"
      case .unhealthy: "unhealthy"
      case .unknown: "unknown"
      }
    }

    package var reason: String? { if case .unhealthy(let reason) = self { reason } else { nil } }
  }

  /// What today's spec has and the release has not.
  package struct Behind: Sendable, Hashable {
    /// `HASH AUTHOR: SUBJECT`, newest first.
    package let commits: [String]
    /// `- path = value`, `+ path = value`.
    package let settings: [String]

    package init(commits: [String], settings: [String]) {
      self.commits = commits
      self.settings = settings
    }

    package var count: Int { commits.count + settingCount }

    /// A value that has changed is two lines and one setting.
    var settingCount: Int {
      Set(settings.map { $0.dropFirst(2).split(separator: " = ", maxSplits: 1).first ?? "" }).count
    }
  }

  package let customer: String
  package let stage: String?
  /// Its name in `kiln.yaml`.
  package let cluster: String?
  /// All that are remembered, newest first; none where nothing was deployed.
  package let history: [ReleaseRecord]
  package let health: Health
  /// Nil where it is not known, as of a customer whose spec is gone.
  package let behind: Behind?
  /// The workloads whose images make the version; empty for all.
  package let apps: Set<String>
  /// Why nothing is known, as when the cluster does not answer: one line.
  package let trouble: String?

  package init(
    customer: String, stage: String?, cluster: String?, history: [ReleaseRecord], health: Health = .unknown,
    behind: Behind? = nil, apps: Set<String> = [], trouble: String? = nil
  ) {
    self.customer = customer
    self.stage = stage
    self.cluster = cluster
    self.history = history.sorted { $0.number > $1.number }
    self.health = health
    self.behind = behind
    self.apps = apps
    self.trouble = trouble
  }

  /// The release that runs: the last one that went well.
  package var current: ReleaseRecord? { history.first { $0.outcome == .deployed } }

  /// A later release that did not go well, or is being deployed.
  package var attempt: ReleaseRecord? {
    guard let last = history.first, last.outcome != .deployed else { return nil }
    return last
  }

  package var version: String? { current.flatMap { ReleaseVersion($0.images, of: apps)?.text } }
  /// Seconds since 1970.
  package var deployedAt: Int? { current.map { $0.ended ?? $0.begun } }

  /// Where nothing runs, why.
  package var absence: String? {
    if let trouble { return trouble }
    guard current == nil else { return nil }
    return history.isEmpty ? "not deployed" : "no release went well yet"
  }

  /// One word or a few, for tables: whether it is well, and else why not.
  var state: String {
    if let absence { return absence }
    return health.reason.map { $0.isEmpty ? health.word : $0 } ?? health.word
  }

  /// `3 commits, 1 setting`; `up to date`; `?` where it is not known.
  var behindText: String {
    guard current != nil else { return "" }
    guard let behind else { return "?" }
    let counts = [(behind.commits.count, "commit"), (behind.settingCount, "setting")].filter { $0.0 > 0 }
    // Of an image that was only named, nobody knows the commit.
    if counts.isEmpty, current?.commit == nil { return "?" }
    return counts.isEmpty ? "up to date" : counts.map { Phrase.count($0.0, $0.1) }.joined(separator: ", ")
  }

  /// `release 13 was rolled back: …`.
  var attemptText: String? {
    attempt.map { record in
      "release \(record.number) \(record.outcome.phrase)" + (record.reason.map { ": \($0)" } ?? "")
    }
  }
}

extension ReleaseRecord.Outcome {
  /// After the release's number.
  package var phrase: String {
    switch self {
    case .deploying: "is being deployed"
    case .deployed: "was deployed"
    case .failed: "failed"
    case .rolledBack: "failed and was rolled back"
    case .interrupted: "was interrupted"
    }
  }
}
