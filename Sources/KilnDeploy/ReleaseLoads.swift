package import KilnConsole
package import KilnPlan
import KilnProcesses
import KilnSpec

/// Load tests of a stage's releases, kept with them: an agent that starts empty has them, too.
package protocol StageLoads: Sendable {
  /// The last good mark of an equal load, of the release that runs or one before it.
  func baseline(_ test: String, load: String) async throws -> LoadMark?
  /// Keeps a mark with the release that runs.
  /// - Returns: Its number; nil where none runs.
  func keep(_ mark: LoadMark, of test: String, holder: String) async throws -> Int?
}

/// Load tests of a stage's releases, kept with them in the cluster: an agent that starts empty has them, too.
package struct ReleaseLoads: StageLoads {
  private let kubectl: Kubectl
  private let console: Console
  private let clock: DeployClock

  /// Seconds that a deployment is waited for.
  private static let patience = 60.0

  /// Nil where the stage runs in no cluster.
  package init?(_ plan: EnvironmentPlan, stage: String, _ context: CommandContext) {
    guard let deployment = plan.deployment(at: stage), let cluster = deployment.cluster else { return nil }
    self.init(
      Kubectl(context: cluster.context, namespace: deployment.namespace, context.processes), context.console)
  }

  init(_ kubectl: Kubectl, _ console: Console, clock: DeployClock = .system) {
    self.kubectl = kubectl
    self.console = console
    self.clock = clock
  }

  /// The last good mark of an equal load, of the release that runs or one before it.
  package func baseline(_ test: String, load: String) async throws -> LoadMark? {
    try await ReleaseStore(kubectl).all().reversed().compactMap { $0.record.loads?[test] }
      .first { $0.isGood && $0.load == load && $0.isPlausible }
  }

  /// Keeps a mark with the release that runs.
  /// - Returns: Its number; nil where none runs.
  package func keep(_ mark: LoadMark, of test: String, holder: String) async throws -> Int? {
    try await ClusterLock.withLock(
      kubectl, holder: ClusterLock.holder(holder), patience: Self.patience, clock: clock,
      isBusy: { holder, since in
        console.error("note: \(Relayed.safe(holder)) deploys since \(Relayed.safe(since)): waiting\n")
      }
    ) { lock in
      let store = ReleaseStore(kubectl)
      let (releases, seal) = try await store.sealed()
      guard var release = releases.lastGood, let seal else { return nil }
      release.record.loads = (release.record.loads ?? [:]).merging([test: mark]) { $1 }
      try lock.check()
      try await store.update(release, seal)
      return release.record.number
    }
  }
}
