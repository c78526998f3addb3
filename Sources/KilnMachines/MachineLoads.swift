package import KilnConsole
package import KilnDeploy
import KilnDiagnostics
import KilnPlan
import KilnSpec
package import KilnWorkspace

/// Load tests of a stage's releases, kept with them in the resource group.
package struct MachineLoads: StageLoads {
  private let target: MachineTarget

  /// Nil where the stage's machines are not deployed.
  package init?(_ loaded: LoadedWorkspace, customer: String, stage: String, _ context: CommandContext) {
    guard let plan = try? loaded.plan(of: customer), plan.spec.azureDeployment != nil,
      let target = try? MachineTarget(loaded, plan, stage: stage, context)
    else { return nil }
    self.target = target
  }

  /// The last good mark of an equal load, of the release that runs or one before it.
  package func baseline(_ test: String, load: String) async throws -> LoadMark? {
    try await target.history().reversed().compactMap { $0.record.loads?[test] }.first { $0.isGood && $0.load == load }
  }

  /// Keeps a mark with the release that runs.
  /// - Returns: Its number; nil where none runs.
  package func keep(_ mark: LoadMark, of test: String, holder: String) async throws -> Int? {
    try await target.withAzure { az, folder in
      let records = target.records(az, folder)
      let releases = try await records.all()
      // Whoever deploys writes it himself.
      guard releases.last?.record.outcome != .deploying, var release = releases.lastGood else { return nil }
      release.record.loads = (release.record.loads ?? [:]).merging([test: mark]) { $1 }
      try await records.write(release)
      return release.record.number
    }
  }

  /// Where the app of the release that runs answers; nil where nobody knows.
  package func address() async throws -> String? {
    if let own = target.deployment.address { return own }
    return try await target.history().lastGood?.address
  }
}
