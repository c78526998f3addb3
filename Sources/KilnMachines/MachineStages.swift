package import KilnConsole
package import KilnDeploy
import KilnDiagnostics
package import KilnDocuments
import KilnPlan
import KilnProcesses
import KilnSpec
package import KilnWorkspace

/// What stages of customers' machines run, as their resource groups remember it.
package struct MachineStages: Sendable {
  private let targets: [MachineTarget]

  var isEmpty: Bool { targets.isEmpty }

  /// - Parameters:
  ///   - stage: Only this one.
  ///   - isOnly: Whether the stage must be there; else customers that have it not are left out.
  package init(
    _ loaded: LoadedWorkspace, _ customers: [String], stage: String?, isOnly: Bool, _ context: CommandContext
  ) throws {
    var targets: [MachineTarget] = []
    for customer in customers {
      let plan = try loaded.plan(of: customer)
      let names = plan.spec.stages.map(\.name.value)
      // Of several customers not all have every stage.
      if let stage, !isOnly, !names.isEmpty, !names.contains(stage) { continue }
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
      let bad = try await target.machines(of: current).filter { !$0.isWell }.map(\.line)
      let settings = target.plan.settings(at: target.deployment.stage).map { "\($0.path) = \($0.value.text)" }
      let sources = ReleaseSources(target.loaded, target.plan, target.context)
      let behind = StageDeployment.Behind(
        commits: await sources.commits(since: current.record).map(\.text),
        settings: SettingChanges.lines(from: current.settings, to: settings))
      return made(releases.map(\.record), bad.isEmpty ? .healthy : .unhealthy(bad.joined(separator: "; ")), behind, nil)
    } catch {
      let message = (error as? any CommandErrorConvertible)?.commandError.diagnostics.first?.message
      return made([], .unknown, nil, message ?? "Azure could not be asked")
    }
  }

  // MARK: Status

  /// What runs, as documents and as text, and whether all is well.
  package func status() async throws -> (documents: [DocumentValue], isHealthy: Bool, text: String) {
    var (documents, text, isHealthy): ([DocumentValue], String, Bool) = ([], "", true)
    for target in targets {
      let releases = try await target.history()
      let running = releases.lastGood
      var sets: [ScaleSetState] = []
      if let running { sets = try await target.machines(of: running) }
      let isWell = running != nil && sets.allSatisfy(\.isWell)
      isHealthy = isHealthy && isWell
      var lines = [
        running.map { "\(target.title): release \($0.record.number), \(isWell ? "healthy" : "not healthy")" }
          ?? "\(target.title): \(releases.isEmpty ? "not deployed" : "no release went well yet")"
      ]
      lines += sets.map { "  \($0.line)" }
      if let last = releases.last?.record, last.number != running?.record.number {
        lines.append("release \(last.number) \(last.outcome.phrase)" + (last.reason.map { ": \($0)" } ?? ""))
      }
      text += lines.map { Relayed.safe($0) + "\n" }.joined()
      documents.append([
        "running": running?.record.document ?? .null, "isHealthy": .bool(isWell),
        "last": releases.last?.record.document ?? .null,
        "workloads": .list(
          sets.map { set in
            [
              "name": .string(set.name), "kind": "VirtualMachineScaleSet", "ready": .integer(set.well),
              "desired": .integer(set.count), "isReady": .bool(set.isWell), "reason": .null,
            ]
          }),
      ])
    }
    return (documents, isHealthy, text)
  }
}

/// The machines of a scale set, as they are.
struct ScaleSetState: Sendable {
  let name: String
  let count: Int
  /// How many have the model and are well.
  let well: Int

  var isWell: Bool { well == count }
  /// As in `acme-vmss-qa: 2 of 3 machines are well`.
  var line: String { "\(name): \(well) of \(count) machines are well" }
}

extension MachineTarget {
  /// Of all scale sets that a release has made or changed.
  func machines(of release: MachineRelease) async throws -> [ScaleSetState] {
    try await withAzure { az, _ in
      let found = try await az.optional(
        "read the deployment", ["deployment", "group", "show", "--name", release.deployment])
      var states: [ScaleSetState] = []
      for name in found.map({ ResourceDeployment.Result($0).scaleSets }) ?? [] {
        let machines = try await ScaleSetRollout(
          az: az, name: name, clock: clock, begun: 0, deadline: 0, report: { _ in }
        ).look().machines
        states.append(.init(name: name, count: machines.count, well: machines.count(where: \.isWell)))
      }
      return states
    }
  }
}
