package import KilnConsole
import KilnDiagnostics
import KilnProcesses
import KilnSpec
package import KilnWorkspace

/// A job of a CI pipeline that failed, and who hears of it.
package struct PipelineFailure: Sendable {
  /// As in `building acme`.
  package let job: String
  package let customer: String?
  package let stage: String?
  /// Where people read more.
  package let url: String?
  /// The commit before those that the pipeline is for; nil where it is not known.
  package let since: String?

  package init(job: String, customer: String?, stage: String?, url: String?, since: String?) {
    self.job = job
    self.customer = customer
    self.stage = stage
    self.url = url.flatMap { $0.isEmpty ? nil : $0 }
    self.since = since.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Sends it to everybody whom `kiln.yaml` names.
  /// - Throws: `notify.nobody` where it names nobody.
  package func send(_ loaded: LoadedWorkspace, _ context: CommandContext) async throws {
    guard !loaded.workspace.notify.isEmpty else {
      throw CommandError(
        "notify.nobody", "kiln.yaml names nobody to notify", help: "as in: notify: [{slack: {env: SLACK_WEBHOOK}}]")
    }
    let notification = await notification(loaded, context)
    context.console.error(notification.text + "\n")
    for warning in await Notifier(loaded.workspace.notificationTargets, context).send(notification) {
      context.console.report([warning], sources: [:])
    }
  }

  func notification(_ loaded: LoadedWorkspace, _ context: CommandContext) async -> Notification {
    let git = GitRepository(root: loaded.workspace.root, git: context.tool("git"))
    var commits: [GitRepository.Commit]?
    if let since, let commit = try? await git.commit(since) {
      commits = try? await git.commits(since: commit, limit: 50)
    }
    if commits?.isEmpty ?? true { commits = await git.newest(touching: ["."]).map { [$0] } }
    let place = [customer, stage].compactMap { $0 }.joined(separator: "-")
    return Notification(
      id: "pipeline/\(place.isEmpty ? "all" : place)/\(url ?? commits?.first?.id ?? "")/\(job)", .pipelineFailed,
      customer: customer ?? "", stage: stage, workload: job, reason: url,
      commits: (commits ?? []).map { ReleaseCommit(hash: $0.id, author: $0.author, subject: $0.subject) })
  }
}
