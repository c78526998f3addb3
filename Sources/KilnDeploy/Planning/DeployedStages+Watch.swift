import KilnConsole
import KilnDiagnostics
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnWorkspace

/// Trouble is found before a customer calls.
extension DeployedStages {
  /// Asks the pages of all apps until the time is over.
  /// - Parameters:
  ///   - seconds: Between two rounds.
  ///   - length: Seconds; 0 for one round, nil for no end but the user's.
  /// - Returns: How it ended; what changes meanwhile is printed.
  package func watch(every seconds: Int, for length: Int?) async throws -> WatchResult {
    var proxies: [ServiceProxy] = []
    var pages: [WatchedPage] = []
    for planning in plannings {
      let wanted = planning.pages
      guard try await isDeployed(planning), !wanted.isEmpty else { continue }
      let kubectl = Kubectl(
        context: planning.cluster.context, namespace: planning.deployment.namespace, context.processes)
      let proxy = try ServiceProxy.start(kubectl, context.processes)
      proxies.append(proxy)
      await proxy.listen(.system)
      pages += wanted.map { page in
        let id = WatchedPage.ID(
          customer: planning.plan.customer, stage: planning.deployment.stage, app: page.app, path: page.path)
        return WatchedPage(id, status: page.status, content: page.content) { await proxy.answer(page) }
      }
    }
    guard !pages.isEmpty else {
      throw CommandError(
        "watch.nothing", "there is no page to ask",
        help: "deploy, where nothing is; else say an app's `health` or `checks`, and its `port`")
    }
    let console = context.console
    let notifier = Notifier(loaded.workspace.notificationTargets, context)
    let watcher = Watcher(
      pages, every: .seconds(seconds), for: length.map { $0 == 0 ? .once : .seconds($0) } ?? .endless,
      clock: .system(date: { DeployClock.system.seconds }), notify: { await notifier.send($0) },
      report: { console.output($0 + "\n") }, warn: { console.report([$0], sources: [:]) })
    // One round goes on where the last one ended: what it has reported is no news.
    let state = length == 0 ? WatchState(WorkspaceLayout(loaded.workspace.root), stage: stage) : nil
    let result = await watcher.run(open: state?.open ?? [])
    for proxy in proxies { await proxy.stop() }
    try state?.write(result.open, of: pages.map(\.id))
    return result
  }
}

extension DeployedStages {
  /// What was never deployed is in no trouble; a cluster that does not answer is.
  private func isDeployed(_ planning: ReleasePlanning) async throws -> Bool {
    do {
      guard try await read(planning).lastGood == nil else { return true }
    } catch let failure as KubectlFailure {
      guard failure.cause == .context else { return true }
      throw failure
    }
    context.console.error("note: \(planning.title): nothing is deployed there yet\n")
    return false
  }
}

extension Workspace {
  /// Who is told of deployments.
  package var notificationTargets: [NotificationTarget] {
    notify.map { NotificationTarget($0.kind == .slack ? .slack : .webhook, variable: $0.variable) }
  }
}
