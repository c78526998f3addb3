package import KilnConsole
import KilnDiagnostics
import KilnDocuments
package import KilnPlan
package import KilnProcesses
package import KilnWorkspace

/// Tells people what came of a deployment; on a terminal a failure names whose change it may be.
package struct DeployNotice: Sendable {
  private let loaded: LoadedWorkspace
  private let plan: EnvironmentPlan
  private let context: CommandContext

  package init(_ loaded: LoadedWorkspace, _ plan: EnvironmentPlan, _ context: CommandContext) {
    self.loaded = loaded
    self.plan = plan
    self.context = context
  }

  /// - Parameters:
  ///   - history: The releases before it, oldest first.
  ///   - workload: What failed, or may have.
  package func send(
    _ record: ReleaseRecord, after history: some Collection<ReleaseRecord>, workload: String?, isFailure: Bool
  ) async {
    let sources = ReleaseSources(loaded, plan, context).at(record)
    let commits = await sources.releaseCommits(since: history.filter { $0.outcome == .deployed }.last)
    guard
      let notification = Notification(
        record, after: Array(history), apps: Set(plan.apps.map(\.name)), commits: commits,
        touching: await sources.topPaths(of: workload))
    else { return }
    if isFailure, !commits.isEmpty { context.console.error(notification.text + "\n") }
    for warning in await Notifier(loaded.workspace.notificationTargets, context).send(notification) {
      context.console.report([warning], sources: [:])
    }
  }
}

extension LoadedWorkspace {
  /// Stops where `generated/` is not what the specs say: what is reviewed is what is deployed.
  package func stopUnlessGenerated(_ plan: EnvironmentPlan, _ workers: Workers) throws {
    let stale = try GeneratedOutput(loaded: self, folder: nil, workers: workers).stale(plan)
    guard !stale.isEmpty else { return }
    throw CommandError(
      "deploy.stale",
      "the generated files of \(plan.customer) are not what its spec says: \(Phrase.some(stale, limit: 3))",
      help: "`kiln generate \(plan.customer)`, and commit what it changes")
  }
}
