import KilnDeploy
import KilnDiagnostics
import KilnDocuments
import KilnProcesses
import KilnSpec
import KilnWorkspace
import Synchronization

/// Writes a release's record again and again while somebody works on it, so that others can tell whether he still does.
struct Heartbeat: Sendable {
  private let task: Task<Void, Never>

  /// Seconds between two.
  private static let interval = 45.0
  /// Seconds without one after which nobody works on a release any longer.
  private static let patience = 150.0

  static func start(_ release: MachineRelease, _ records: MachineRecords, _ clock: DeployClock) -> Heartbeat {
    Heartbeat(
      task: Task {
        var release = release
        while !Task.isCancelled {
          await clock.sleep(interval)
          if Task.isCancelled { return }
          release.beat = (release.beat ?? 0) + 1
          // One that is missed is no trouble.
          try? await records.write(release)
        }
      })
  }

  /// Returns once nothing more is written.
  func end() async {
    task.cancel()
    await task.value
  }

  /// Waits for whoever deploys, and says that he was killed where his release does not go on.
  /// - Returns: The releases as they are then.
  /// - Throws: `deploy.busy` where he is not done in time.
  static func waitForOthers(
    _ records: MachineRecords, _ az: AzureCLI, patience limit: Double, _ clock: DeployClock, title: String,
    report: (DeployEvent) -> Void
  ) async throws -> [MachineRelease] {
    let begun = clock.now()
    var seen: (release: MachineRelease, at: Double)?
    while true {
      var releases = try await records.all()
      guard var last = releases.last, last.record.outcome == .deploying else { return releases }
      if seen == nil {
        report(
          .note(
            "waiting for \(last.record.deployer), who deploys here since \(UTCTime.minute(last.record.begun)) UTC"))
      }
      let isRunning = try await ResourceDeployment.isRunning(last.deployment, az)
      if seen?.release != last || isRunning { seen = (last, clock.now()) }
      if let seen, clock.now() - seen.at >= Self.patience {
        report(.note("release \(last.record.number) was interrupted; this one takes its place"))
        last.record.outcome = .interrupted
        last.record.reason = "whoever deployed it was killed"
        last.record.ended = Int(clock.now())
        try await records.write(last)
        releases[releases.count - 1] = last
        return releases
      }
      try Interruption.check()
      guard clock.now() - begun < limit else {
        throw CommandError(
          "deploy.busy",
          "\(last.record.deployer) deploys release \(last.record.number) of \(title) since \(UTCTime.minute(last.record.begun)) UTC",
          help: "wait for it, or give more time by --lock-timeout")
      }
      await clock.sleep(ResourceDeployment.interval)
    }
  }
}
