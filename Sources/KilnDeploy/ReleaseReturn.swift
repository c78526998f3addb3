import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnKubernetes
import KilnProcesses

/// What ends a release, in words without secrets.
struct RunTrouble {
  var workload: String?
  let reason: String
  var details: [String] = []
  var isInterruption = false
  /// The lock is somebody else's: nothing may be changed, not even back.
  var isLockLost = false

  init(_ error: any Error, _ mask: SecretMask) {
    switch error {
    case let failure as RolloutFailure:
      workload = failure.workload
      reason = failure.reason
      details = failure.details
    case is Interruption.Failure, is CancellationError:
      reason = "it was interrupted"
      isInterruption = true
    case let convertible as any CommandErrorConvertible:
      let problems = convertible.commandError.diagnostics
      reason = mask.relayed(problems.first?.message ?? "")
      details = problems.flatMap { [$0.suggestion.map { "help: \($0)" }].compactMap { $0 } + $0.details }.map(
        mask.relayed)
      isLockLost = problems.contains { $0.id == "deploy.lock-lost" }
    default: reason = mask.relayed(String(describing: error))
    }
  }

  /// As in `care: image … cannot be pulled`.
  var line: String { (workload.map { "\($0): " } ?? "") + reason }
}

/// The way back from a release that failed.
struct ReleaseReturn: Sendable {
  /// Seconds that what ran before may take at least, however short the user's patience with the new is.
  private static let patience = 300.0

  let run: ReleaseRun
  private(set) var release: StoredRelease
  /// How often the user had asked for an end when the way back began; asking again ends it.
  private let interruptions = Interruption.count

  init(run: ReleaseRun, release: StoredRelease) {
    self.run = run
    self.release = release
  }

  /// Brings the last good release back, and records what has happened.
  /// - Returns: What ends the command.
  func end(_ error: any Error) async -> CommandError {
    let trouble = RunTrouble(error, run.mask)
    if trouble.isLockLost, let convertible = error as? any CommandErrorConvertible { return convertible.commandError }
    run.report(.warning("release \(release.record.number) fails: \(trouble.line)"))
    var ended = self
    ended.release.record.reason = trouble.reason
    ended.release.record.workload = trouble.workload
    let help: String
    if let good = run.survey.releases.lastGood {
      do {
        try await ended.bringBack(good)
        ended.release.record.outcome = .rolledBack
        help = "release \(good.record.number) is back and runs"
      } catch {
        let second = RunTrouble(error, run.mask)
        ended.release.record.outcome = .failed
        ended.release.record.reason = "\(trouble.reason); going back failed: \(second.line)"
        help =
          "going back to release \(good.record.number) failed, too: \(second.line); deploy again, or `kiln rollback`"
      }
    } else {
      ended.release.record.outcome = .failed
      let place = "--context \(run.kubectl.context) --namespace \(run.kubectl.namespace)"
      help = "there is no release to go back to; what was made is still there: `kubectl \(place) get all,events`"
    }
    let unrecorded = await ended.record()
    return CommandError(
      trouble.isInterruption ? "deploy.interrupted" : "deploy.failed",
      "release \(release.record.number) of \(ReleaseRun.name(release.record)) failed: \(trouble.line)",
      details: trouble.details + unrecorded, help: help, kind: trouble.isInterruption ? .interrupted : .problem)
  }

  private func bringBack(_ good: StoredRelease) async throws {
    run.report(.step("going back to release \(good.record.number)"))
    let timeout = max(run.options.timeout, Self.patience)
    // The cluster may serve other versions by now.
    let objects = try run.survey.versions?.adapted(good.applied).objects ?? good.applied
    for phase in ApplyPhase.allCases { try await run.apply(phase, objects, timeout: timeout, check: check) }
    try check()
    try await run.prune(release, backTo: good)
  }

  private func check() throws {
    try run.lock.check()
    if Interruption.count > interruptions { throw Interruption.Failure() }
  }

  private mutating func record() async -> [String] {
    release.record.ended = run.deployer.clock.seconds
    do {
      try await run.store.update(release, run.seal)
      return []
    } catch { return ["its end could not be recorded: \(RunTrouble(error, run.mask).reason)"] }
  }
}
