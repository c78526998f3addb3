import KilnArtifacts
package import KilnConsole
package import KilnDiagnostics
package import KilnDocuments
import KilnKubernetes
import KilnPlan
import KilnProcesses
import KilnSpec
package import KilnWorkspace
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What customers' stages run, as their clusters remember it.
package struct DeployedStages: Sendable {
  let loaded: LoadedWorkspace
  let stage: String?
  let plannings: [ReleasePlanning]
  let context: CommandContext

  /// - Parameter stage: Only this one; of customers that have none, their only deployment.
  package init(_ loaded: LoadedWorkspace, _ customers: [String], stage: String?, _ context: CommandContext) throws {
    self.loaded = loaded
    self.stage = stage
    self.context = context
    var plannings: [ReleasePlanning] = []
    for customer in customers {
      let plan = try loaded.plan(of: customer)
      let stages = plan.spec.stages.map(\.name.value)
      if let stage, !stages.isEmpty {
        // Of several customers not all have every stage.
        if customers.count > 1, !stages.contains(stage) { continue }
        plannings.append(try ReleasePlanning(loaded, plan, stage: stage, context))
      } else if stages.isEmpty {
        plannings.append(try ReleasePlanning(loaded, plan, stage: nil, context))
      } else {
        for stage in stages { plannings.append(try ReleasePlanning(loaded, plan, stage: stage, context)) }
      }
    }
    guard !plannings.isEmpty else { throw CommandError.noDeployment(stage) }
    self.plannings = plannings
  }

  func read(_ planning: ReleasePlanning) async throws -> [StoredRelease] {
    let kubectl = Kubectl(
      context: planning.cluster.context, namespace: planning.deployment.namespace, context.processes)
    return try await ReleaseStore(kubectl).listed()
  }

  // MARK: History

  /// The releases of stages, newest first.
  package struct History: Sendable {
    package let stages: [(title: String, records: [ReleaseRecord])]

    package init(stages: [(title: String, records: [ReleaseRecord])]) { self.stages = stages }

    package var document: DocumentValue {
      [
        "schemaVersion": 1,
        "releases": .list(stages.flatMap { $0.records.compactMap(\.document) }),
      ]
    }

    package var text: String {
      stages.map { stage in
        let title = stages.count > 1 ? "\(stage.title):\n" : ""
        guard !stage.records.isEmpty else { return title + "nothing was deployed yet\n" }
        // Everything is new in a first release.
        return title + stage.records.map { $0.text(withChanges: $0.number > 1) }.joined()
      }.joined(separator: stages.count > 1 ? "\n" : "")
    }
  }

  package func history() async throws -> History {
    var stages: [(title: String, records: [ReleaseRecord])] = []
    for planning in plannings {
      stages.append((planning.title, try await read(planning).map(\.record).reversed()))
    }
    return History(stages: stages)
  }

  // MARK: Status

  /// What runs in a stage, and how it is.
  package struct Status: Sendable {
    let title: String
    let status: NamespaceStatus
    package var isHealthy: Bool { status.isHealthy }

    package var text: String {
      var lines: [String]
      if let running = status.running {
        lines = ["\(title): release \(running.number), \(status.isHealthy ? "healthy" : "not healthy")"]
      } else {
        lines = ["\(title): \(status.last == nil ? "not deployed" : "no release went well yet")"]
      }
      lines += status.workloads.map { "  \($0.line)" }
      if let last = status.last, last.number != status.running?.number {
        lines.append("release \(last.number) \(last.outcome.phrase)" + (last.reason.map { ": \($0)" } ?? ""))
      }
      return lines.map { ConsoleText.safe(line: $0) + "\n" }.joined()
    }

    package var document: DocumentValue {
      [
        "running": status.running?.document ?? .null, "isHealthy": .bool(status.isHealthy),
        "last": status.last?.document ?? .null,
        "workloads": .list(
          status.workloads.map { state in
            [
              "name": .string(state.id.name), "kind": .string(state.id.kind), "ready": .integer(state.ready),
              "desired": .integer(state.desired), "isReady": .bool(state.isDone),
              "reason": state.reason.map { .string($0) } ?? .null,
            ]
          }),
      ]
    }
  }

  package func status() async throws -> [Status] {
    var found: [Status] = []
    for planning in plannings {
      found.append(
        Status(
          title: planning.title,
          status: try await NamespaceStatus.read(
            context: planning.cluster.context, namespace: planning.deployment.namespace, context.processes)))
    }
    return found
  }

  // MARK: Fleet

  /// What runs where; a cluster that does not answer is a part of the answer.
  package func deployments(jobs: Int) async throws -> [StageDeployment] {
    let deployments = await plannings.concurrentMap(width: jobs) { await deployment($0) }
    try Interruption.check()
    return deployments
  }

  private func deployment(_ planning: ReleasePlanning) async -> StageDeployment {
    let apps = Set(planning.plan.apps.map(\.name))
    func made(
      _ history: [ReleaseRecord], _ health: StageDeployment.Health, _ behind: StageDeployment.Behind?,
      _ trouble: String?
    ) -> StageDeployment {
      StageDeployment(
        customer: planning.plan.customer, stage: planning.deployment.stage, cluster: planning.cluster.name.value,
        history: history, health: health, behind: behind, apps: apps, trouble: trouble)
    }
    do {
      let releases = try await read(planning)
      guard let current = releases.lastGood else { return made(releases.map(\.record), .unknown, nil, nil) }
      let status = try await NamespaceStatus.read(
        context: planning.cluster.context, namespace: planning.deployment.namespace, context.processes)
      let bad = status.workloads.filter { !$0.isDone }.map(\.line)
      let settings = planning.plan.settings(at: planning.deployment.stage).map { "\($0.path) = \($0.value.text)" }
      let behind = StageDeployment.Behind(
        commits: await planning.sources.commits(since: current.record).map(\.text),
        settings: SettingChanges.lines(from: current.settings, to: settings))
      return made(
        releases.map(\.record), bad.isEmpty ? .healthy : .unhealthy(bad.joined(separator: "; ")), behind, nil)
    } catch {
      let message = (error as? any CommandErrorConvertible)?.commandError.diagnostics.first?.message
      return made([], .unknown, nil, message ?? "the cluster could not be asked")
    }
  }
}

extension DeployedFleet {
  /// Writes the page, or nothing of it.
  package func write(_ file: String, in folder: FilePath) throws {
    try FileReplacement.replace([.init(path: folder.pushing(FilePath(file)), bytes: Array(html.utf8))])
  }
}

extension ReleaseRecord {
  /// As in `6af9c55aa1-dirty`, where files had changed since the commit.
  package var shortCommit: String? { commit.map { "\($0.prefix(10))\($0.hasSuffix("-dirty") ? "-dirty" : "")" } }

  /// A line, and others below it with what is in the release.
  func text(withChanges: Bool) -> String {
    var line = "\(number)  \(UTCTime.minute(begun)) UTC  \(outcome.rawValue)  by \(deployer)"
    if let commit { line += "  \(commit.prefix(12))\(commit.hasSuffix("-dirty") ? "-dirty" : "")" }
    if let origin { line += "  from \(origin)" }
    // Of machines: what runs is one image, whose name tells it from the others.
    if images.count == 1, let image = images["machine"] {
      line += "  \(image.split(separator: "/").last ?? "")"
    }
    if let approval { line += "  approved by \(approval)" }
    var lines = [line]
    if let reason { lines.append("  \(workload.map { "\($0): " } ?? "")\(reason)") }
    lines += (loads ?? [:]).sorted { $0.key < $1.key }.map { "  \($0.value.text($0.key))" }
    if withChanges { lines += (changes + commits).map { "  \($0)" } }
    return lines.map { ConsoleText.safe(line: $0) + "\n" }.joined()
  }

  /// As the cluster has it.
  package var document: DocumentValue? {
    guard let data = try? JSONEncoder().encode(self) else { return nil }
    return try? JSONReader.read(String(decoding: data, as: UTF8.self))
  }
}

extension CommandError {
  /// Nothing that a command was asked for runs in a cluster.
  package static func noDeployment(_ stage: String?) -> CommandError {
    CommandError(
      "deploy.target", "no customer is deployed\(stage.map { " in the stage \($0)" } ?? "") to a cluster",
      help:
        "describe it in the spec: deploy: {kubernetes: {cluster: …}}; machines in Azure are asked by `kiln status CUSTOMER --stage STAGE` and `kiln verify CUSTOMER --url …`"
    )
  }
}
