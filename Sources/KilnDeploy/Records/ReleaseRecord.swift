/// A release as the cluster remembers it: a ConfigMap `kiln-release-NUMBER` in the namespace.
package struct ReleaseRecord: Sendable, Hashable, Codable {
  package enum Outcome: String, Sendable, Hashable, Codable {
    /// It is being deployed, or whoever did was killed.
    case deploying
    /// It runs, or ran until the next.
    case deployed
    case failed
    /// It failed, and the one before is back.
    case rolledBack = "rolled-back"
    /// Whoever deployed it was killed; the next deployment said so.
    case interrupted
  }

  package var schemaVersion = 1
  package var number: Int
  package var customer: String
  package var stage: String?
  package var cluster: String
  package var namespace: String
  package var outcome: Outcome
  /// Why it failed: one line, without secrets.
  package var reason: String?
  /// The workload that failed, as in `care`.
  package var workload: String?
  /// By the workload's name: `REGISTRY/REPOSITORY:TAG@sha256:…`.
  package var images: [String: String]
  package var specDigest: String
  package var commit: String?
  package var author: String?
  /// Who deployed, as `USER@HOST` or what the pipeline says.
  package var deployer: String
  /// Seconds since 1970.
  package var begun: Int
  package var ended: Int?
  /// The release that this one brings back or takes from another stage, as in `qa 12` or `7`.
  package var origin: String?
  /// Who approved, and why; nil where no approval was asked for.
  package var approval: String?
  /// Settings that differ from the release before: `- path = value`, `+ path = value`.
  package var changes: [String]
  /// Commits since the release before: `HASH AUTHOR: SUBJECT`, newest first, at most 50.
  package var commits: [String]
  /// The Secrets that its objects read, by the names in the plan: `care-secrets` is `care-secrets-r7`.
  package var secrets: [String: String] = [:]
  /// By the job's name in the plan: the digest of what it ran with when it last succeeded in this namespace.
  package var jobs: [String: String] = [:]
  /// What load tests gave while it ran, by their names; nil where none was run.
  package var loads: [String: LoadMark]?

  /// Numbers of releases and times that a record of Kiln's can have: calculations with them do not overflow.
  static let numbers = 1...999_999_999
  private static let times = 0...253_402_300_799

  package var isPlausible: Bool {
    Self.numbers.contains(number) && Self.times.contains(begun) && ended.map(Self.times.contains) ?? true
      && (loads ?? [:]).values.allSatisfy(\.isPlausible)
  }

  package init(
    number: Int, customer: String, stage: String?, cluster: String, namespace: String, outcome: Outcome,
    images: [String: String], specDigest: String, commit: String?, author: String?, deployer: String, begun: Int,
    changes: [String] = [], commits: [String] = []
  ) {
    self.number = number
    self.customer = customer
    self.stage = stage
    self.cluster = cluster
    self.namespace = namespace
    self.outcome = outcome
    self.images = images
    self.specDigest = specDigest
    self.commit = commit
    self.author = author
    self.deployer = deployer
    self.begun = begun
    self.changes = changes
    self.commits = commits
  }
}
