package import KilnConsole
package import KilnDeploy
import KilnDiagnostics
import KilnDocuments
import KilnPlan
import KilnProcesses
import KilnSpec
package import KilnWorkspace

/// What stages of customers' machines run, as their resource groups remember it.
package struct MachineStages: Sendable {
  private let targets: [MachineTarget]

  /// - Parameter stage: Only this one.
  package init(_ loaded: LoadedWorkspace, _ customers: [String], stage: String?, _ context: CommandContext) throws {
    var targets: [MachineTarget] = []
    for customer in customers {
      let plan = try loaded.plan(of: customer)
      let names = plan.spec.stages.map(\.name.value)
      // Of several customers not all have every stage.
      if let stage, customers.count > 1, !names.isEmpty, !names.contains(stage) { continue }
      let stages: [String?] = names.isEmpty ? [nil] : stage.map { [$0] } ?? names
      for stage in stages { targets.append(try MachineTarget(loaded, plan, stage: stage, context)) }
    }
    self.targets = targets
  }

  package func history() async throws -> DeployedStages.History {
    var stages: [(title: String, records: [ReleaseRecord])] = []
    for target in targets { stages.append((target.title, try await target.history().map(\.record).reversed())) }
    return .init(stages: stages)
  }

  /// What runs where; what Azure does not answer is a part of the answer.
  package func deployments(jobs: Int) async throws -> [StageDeployment] {
    let found = await targets.concurrentMap(width: jobs) { await Self.deployment($0) }
    try Interruption.check()
    return found
  }

  private static func deployment(_ target: MachineTarget) async -> StageDeployment {
    func made(
      _ history: [ReleaseRecord], _ health: StageDeployment.Health, _ behind: StageDeployment.Behind?,
      _ trouble: String?
    ) -> StageDeployment {
      StageDeployment(
        customer: target.plan.customer, stage: target.deployment.stage, cluster: "azure", history: history,
        health: health, behind: behind, apps: [MachineDeployer.machine], trouble: trouble)
    }
    do {
      let releases = try await target.history()
      guard let current = releases.lastGood else { return made(releases.map(\.record), .unknown, nil, nil) }
      let settings = target.plan.settings(at: target.deployment.stage).map { "\($0.path) = \($0.value.text)" }
      let sources = ReleaseSources(target.loaded, target.plan, target.context)
      let behind = StageDeployment.Behind(
        commits: await sources.commits(since: current.record).map(\.text),
        settings: SettingChanges.lines(from: current.settings, to: settings))
      return made(releases.map(\.record), .unknown, behind, nil)
    } catch {
      let message = (error as? any CommandErrorConvertible)?.commandError.diagnostics.first?.message
      return made([], .unknown, nil, message ?? "Azure could not be asked")
    }
  }
}
