package import KilnDocuments

/// What people are notified of: one event, which has an id and is sent once.
package struct Notification: Sendable, Hashable {
  package enum Event: String, Sendable, Hashable, CaseIterable {
    case deploymentFailed = "deployment-failed"
    /// The first deployment that went well after one that failed.
    case deploymentRecovered = "deployment-recovered"
    /// A job of a CI pipeline, which `workload` names.
    case pipelineFailed = "pipeline-failed"
    case watchTrouble = "watch-trouble"
    case watchRecovered = "watch-recovered"
  }

  /// Of the event: the same for everything that is sent because of it, in each run.
  package let id: String
  package let event: Event
  /// Empty where a pipeline failed for the whole workspace.
  package let customer: String
  package let stage: String?
  /// What failed, as in `care`.
  package let workload: String?
  /// The page that is in trouble, as in `/health`.
  package let page: String?
  /// Why: one line, without secrets.
  package let reason: String?
  /// The release that failed or went well; of a page in trouble the one that runs, where it is known.
  package let release: Int?
  /// Its version, as in `1.4.2`.
  package let version: String?
  /// The last release that went well before.
  package let lastGood: Int?
  /// Seconds that the trouble lasted; of what has ended alone.
  package let duration: Int?
  /// Since the last good release, newest first, but the implicated one before all.
  package let commits: [ReleaseCommit]
  package let implicated: ImplicatedCommit?

  /// - Parameters:
  ///   - commits: Since the last good release, newest first.
  ///   - paths: What the failed workload is made of, as `ImplicatedCommit` takes them.
  package init(
    id: String, _ event: Event, customer: String, stage: String?, workload: String? = nil, page: String? = nil,
    reason: String? = nil, release: Int? = nil, version: String? = nil, lastGood: Int? = nil, duration: Int? = nil,
    commits: [ReleaseCommit] = [], touching paths: [String] = []
  ) {
    self.id = id
    self.event = event
    self.customer = Self.cut(customer)
    self.stage = stage.map { Self.cut($0) }
    self.workload = workload.map { Self.cut($0) }
    self.page = page.map { Self.cut($0) }
    self.reason = reason.map { Self.cut($0, to: 1000) }
    self.release = release
    self.version = version.map { Self.cut($0) }
    self.lastGood = lastGood
    self.duration = duration
    let commits = commits.map {
      ReleaseCommit(
        hash: Self.cut($0.hash), author: Self.cut($0.author), subject: Self.cut($0.subject), files: $0.files)
    }
    implicated = ImplicatedCommit(among: commits, touching: paths)
    let first = implicated.flatMap { commits.firstIndex(of: $0.commit) }
    self.commits = first.map { [commits[$0]] + commits[..<$0] + commits[($0 + 1)...] } ?? commits
  }

  /// A deployment's outcome; nil where nobody has to hear of it: it went well, as the one before.
  ///
  /// - Parameters:
  ///   - record: How it ended: whatever is not `deployed` has failed.
  ///   - history: The releases before it.
  ///   - apps: The workloads whose images have the version.
  ///   - commits: Since the last good release, newest first.
  ///   - paths: What the failed workload is made of, as `ImplicatedCommit` takes them.
  package init?(
    _ record: ReleaseRecord, after history: [ReleaseRecord], apps: Set<String> = [], commits: [ReleaseCommit],
    touching paths: [String]
  ) {
    let before = history.filter { $0.number < record.number }.sorted { $0.number > $1.number }
    let isWell = record.outcome == .deployed
    if isWell, before.first.map({ $0.outcome == .deployed }) ?? true { return nil }
    self.init(
      id: Self.id(of: record), isWell ? .deploymentRecovered : .deploymentFailed, customer: record.customer,
      stage: record.stage, workload: record.workload, reason: record.reason, release: record.number,
      version: ReleaseVersion(record.images, of: apps)?.text,
      lastGood: before.first { $0.outcome == .deployed }?.number, commits: commits, touching: paths)
  }

  /// Of a deployment's outcome, as in `test/acme-qa/release/12/failed`.
  package static func id(of record: ReleaseRecord) -> String {
    let outcome = record.outcome == .deployed ? "recovered" : "failed"
    return "\(record.cluster)/\(record.namespace)/release/\(record.number)/\(outcome)"
  }
}

extension Notification {
  /// As generic webhooks get it; every key is always there.
  package var document: DocumentValue { document(commits: commits.count) }

  /// - Parameter count: How many of the commits are in it.
  func document(commits count: Int) -> DocumentValue {
    [
      "schemaVersion": 1, "id": .string(id), "event": .string(event.rawValue),
      "customer": Self.value(customer.isEmpty ? nil : customer),
      "stage": Self.value(stage), "workload": Self.value(workload), "page": Self.value(page),
      "reason": Self.value(reason), "release": Self.value(release), "version": Self.value(version),
      "lastGoodRelease": Self.value(lastGood), "durationSeconds": Self.value(duration), "text": .string(text),
      "implicated": implicated.map {
        ["hash": .string($0.commit.hash), "file": Self.value($0.file.map { Self.cut($0) })]
      } ?? .null,
      "commits": .list(
        commits.prefix(count).map {
          ["hash": .string($0.hash), "author": .string($0.author), "subject": .string($0.subject)]
        }),
    ]
  }

  /// Nobody reads more of a text, and a message has a limit.
  static func cut(_ text: String, to limit: Int = 200) -> String {
    let scalars = text.unicodeScalars
    return scalars.count > limit ? String(String.UnicodeScalarView(scalars.prefix(limit))) + "…" : text
  }

  private static func value(_ text: String?) -> DocumentValue { text.map { .string($0) } ?? .null }
  private static func value(_ number: Int?) -> DocumentValue { number.map { .integer($0) } ?? .null }
}
