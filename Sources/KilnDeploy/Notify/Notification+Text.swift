import KilnDocuments

extension Notification {
  /// Of more commits their number is enough to read.
  static let shownCommits = 10

  /// `acme qa`.
  var place: String {
    customer.isEmpty ? "pipeline" : Self.line(([customer] + [stage].compactMap { $0 }).joined(separator: " "))
  }

  /// What happened, without where, as in `release 12 (1.4.2) failed`.
  var headline: String {
    let release = self.release.map { "release \($0)" + (version.map { " (\(Self.line($0)))" } ?? "") }
    switch event {
    case .deploymentFailed: return "\(release ?? "the deployment") failed"
    case .deploymentRecovered: return "\(release ?? "the deployment") runs, after one that failed"
    case .pipelineFailed: return "\(Self.line(workload ?? "a job")) failed"
    case .watchTrouble: return "\(subject) is in trouble"
    case .watchRecovered:
      return "\(subject) is well again" + (duration.map { " after \(SpanText.text(seconds: $0))" } ?? "")
    }
  }

  /// `care /health`.
  private var subject: String {
    let names = [workload, page].compactMap { $0 }
    return names.isEmpty ? "it" : Self.line(names.joined(separator: " "))
  }

  /// Why, with the workload where the headline does not have it.
  var cause: String? {
    if event == .pipelineFailed { return reason.map(Self.line) }
    guard let reason, !reason.isEmpty else { return isWatch ? nil : workload.map(Self.line) }
    return isWatch ? Self.line(reason) : Self.line([workload, reason].compactMap { $0 }.joined(separator: ": "))
  }

  /// What stands above the implicated commit.
  var blame: String {
    if event == .pipelineFailed { return "newest commit" }
    guard let file = implicated?.file else {
      return "newest commit (none touches the files of \(workload ?? "the app"))"
    }
    return "likely cause (it changes \(Self.line(Self.cut(file))))"
  }

  /// What stands above the commits, or above those beside the implicated one; nil where there are none.
  var listTitle: String? {
    let count = isWell ? commits.count : commits.count - 1
    guard count > 0 else { return nil }
    let noun = Phrase.count(count, isWell ? "commit" : "other commit")
    return lastGood.map { "\(noun) since release \($0)" } ?? noun
  }

  /// For people and terminals, without a line break at its end.
  package var text: String {
    var lines = ["\(place): \(headline)" + (cause.map { ": \($0)" } ?? "")]
    var commits = commits.prefix(Self.shownCommits).map { "  \(Self.line($0))" }
    if hidden > 0 { commits.append("  and \(hidden) more") }
    if implicated != nil, !isWell { lines += ["\(Self.line(blame)):", commits.removeFirst()] }
    if let listTitle { lines += ["\(listTitle):"] + commits }
    return lines.joined(separator: "\n")
  }

  var isWatch: Bool { event == .watchTrouble || event == .watchRecovered }
  /// Whether it is good news: nobody is to blame.
  var isWell: Bool { event == .deploymentRecovered || event == .watchRecovered }
  /// How many commits are not shown.
  var hidden: Int { max(0, commits.count - Self.shownCommits) }

  static func line(_ commit: ReleaseCommit) -> String {
    line("\(commit.shortHash) \(commit.author): \(commit.subject)")
  }

  /// One line, in which nothing controls a terminal or a CI system.
  static func line(_ text: String) -> String { ConsoleText.safe(line: text) }
}
