import KilnConsole
import KilnDiagnostics
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnWorkspace
import SystemPackage

/// Who hears of a deployment.
extension DeployRun {
  /// Notifies of what failed, or went well after that; on a terminal a failure names whose change it may be.
  /// - Parameter error: Why it failed; nil where it went well.
  func tell(_ planning: ReleasePlanning, _ error: (any Error)?) async {
    if let error {
      let id = (error as? any CommandErrorConvertible)?.commandError.diagnostics.first?.id
      // What failed before anything was changed is nobody's news but the caller's.
      guard id == "deploy.failed" else { return }
    } else if loaded.workspace.notify.isEmpty {
      return
    }
    guard
      let history = try? await ReleaseHistory.read(
        context: planning.cluster.context, namespace: planning.deployment.namespace, context.processes),
      let record = history.records.first, (error == nil) == (record.outcome == .deployed)
    else { return }
    let lastGood = history.records.dropFirst().first { $0.outcome == .deployed }
    let commits = await planning.releaseCommits(since: lastGood)
    guard
      let notification = Notification(
        record, after: Array(history.records.dropFirst()), apps: Set(planning.plan.apps.map(\.name)), commits: commits,
        touching: await planning.topPaths(of: record.workload))
    else { return }
    if error != nil, !commits.isEmpty { context.console.error(notification.text + "\n") }
    for warning in await Notifier(loaded.workspace.notificationTargets, context).send(notification) {
      context.console.report([warning], sources: [:])
    }
  }
}

extension ReleasePlanning {
  /// With what each changes.
  func releaseCommits(since record: ReleaseRecord?) async -> [ReleaseCommit] {
    let git = GitRepository(root: loaded.workspace.root, git: context.tool("git"))
    var commits: [ReleaseCommit] = []
    for commit in await self.commits(since: record) {
      commits.append(
        ReleaseCommit(
          hash: commit.id, author: commit.author, subject: commit.subject,
          files: (try? await git.files(of: commit)) ?? []))
    }
    return commits
  }

  /// A workload's own files, from the repository's top.
  func topPaths(of workload: String?) async -> [String] {
    let git = GitRepository(root: loaded.workspace.root, git: context.tool("git"))
    let prefix = (try? await git.prefix()) ?? ""
    return paths(of: workload).map { FilePath(prefix + $0).lexicallyNormalized().string }
  }
}
