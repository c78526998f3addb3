import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnKubernetes
import KilnProcesses

/// One release from its record to its end, under the lock; what fails is taken back.
struct ReleaseRun: Sendable {
  let kubectl: Kubectl
  let content: ReleaseContent
  let desired: DesiredRelease
  let survey: ClusterSurvey
  let seal: ReleaseSeal
  let lock: ClusterLock
  let mask: SecretMask
  let deployer: Deployer

  var options: DeployOptions { deployer.options }
  var store: ReleaseStore { ReleaseStore(kubectl) }
  private var last: StoredRelease? { survey.releases.last }

  func report(_ event: DeployEvent) { deployer.report(event) }

  func run() async throws -> DeployOutcome {
    let earlier = try await settleInterrupted()
    var release = try await begin()
    let removed: [KubernetesObject.ID]
    do {
      try await bring(&release)
      removed = try await prune(earlier, keeping: release)
      release.record.outcome = .deployed
      release.record.ended = deployer.clock.seconds
      try await store.update(release, seal)
    } catch {
      let failed = release
      // What is taken back is so to its end, also where this task is cancelled.
      throw await Task { await ReleaseReturn(run: self, release: failed).end(error) }.value
    }
    do {
      try await store.remove(ReleaseStore.outdated(earlier + [release]))
    } catch { report(.warning("old releases could not be forgotten: \(RunTrouble(error, mask).reason)")) }
    report(.step("release \(release.record.number) runs"))
    return DeployOutcome(record: release.record, isUnchanged: false, removed: removed)
  }

  /// Releases before this one; whoever has not ended his was killed, since we have the lock.
  private func settleInterrupted() async throws -> [StoredRelease] {
    var releases = survey.releases
    for index in releases.indices where releases[index].record.outcome == .deploying {
      report(.note("release \(releases[index].record.number) was interrupted; this one takes its place"))
      releases[index].record.outcome = .interrupted
      releases[index].record.reason = "whoever deployed it was killed"
      releases[index].record.ended = deployer.clock.seconds
      try await store.update(releases[index], seal)
    }
    return releases
  }

  /// Records that the release is being deployed.
  private func begin() async throws -> StoredRelease {
    var record = content.record(
      desired.number, namespace: kubectl.namespace, options: options, at: deployer.clock.seconds)
    let good = survey.releases.lastGood
    record.changes = SettingChanges.lines(from: good?.settings ?? [], to: content.settings)
    record.commits = Array(await options.commits(good?.record).prefix(50))
    record.jobs = last?.record.jobs ?? [:]
    var release = desired.stored(record, content)
    release.objects.removeAll { object in
      object.kind == "Job" && !dueJobs.contains { $0.object.id == object.id }
    }
    try check()
    report(.step("release \(desired.number) of \(ReleaseRun.name(record)) begins"))
    try await store.create(release, seal)
    return release
  }

  /// As in `acme (qa)`.
  static func name(_ record: ReleaseRecord) -> String {
    record.customer + (record.stage.map { " (\($0))" } ?? "")
  }

  /// Those that have not succeeded yet with what they run with now.
  private var dueJobs: [DesiredRelease.Job] { desired.dueJobs(after: last?.record) }

  /// Before each change.
  func check() throws {
    try lock.check()
    try Interruption.check()
  }

  private func bring(_ release: inout StoredRelease) async throws {
    try await apply(.foundation, desired.objects, besides: desired.newSecrets)
    try await apply(.data, desired.objects)
    try await runJobs(&release)
    try await apply(.rest, desired.objects)
    try await PageCheck(
      kubectl: kubectl, processes: deployer.context.processes, mask: mask, clock: deployer.clock,
      report: deployer.report, check: check
    ).run(content.pages)
  }

  /// Applies the objects of one phase, and waits for its workloads.
  func apply(
    _ phase: ApplyPhase, _ objects: [KubernetesObject], besides others: [KubernetesObject] = [],
    timeout: Double? = nil, check: (() throws -> Void)? = nil
  ) async throws {
    let check = check ?? self.check
    let own = objects.filter { ApplyPhase($0) == phase }
    let mine = others + Applying.keepingScale(own, objects, survey.live)
    guard !mine.isEmpty else { return }
    try check()
    do {
      try await kubectl.output(
        "apply the release", Applying.arguments + ["--output", "name"], input: Kubectl.list(mine))
    } catch let failure as KubectlFailure { throw DryRun.error(failure, mine, survey.live) }
    try await watch(timeout, check).wait(for: mine.map(\.id).filter { WorkloadState.kinds.contains($0.kind) })
  }

  private func watch(_ timeout: Double?, _ check: @escaping () throws -> Void) -> RolloutWatch {
    RolloutWatch(
      kubectl: kubectl, mask: mask, clock: deployer.clock, timeout: timeout ?? options.timeout,
      report: deployer.report, check: check)
  }

  private func runJobs(_ release: inout StoredRelease) async throws {
    guard !dueJobs.isEmpty else { return }
    try await waitForEarlierJobs()
    for job in dueJobs {
      try check()
      report(.step("job \(job.name)"))
      do {
        try await kubectl.output(
          "start job \(job.object.name)", Applying.arguments + ["--output", "name"], input: Kubectl.list([job.object]))
      } catch let failure as KubectlFailure { throw DryRun.error(failure, [job.object], survey.live) }
      try await watch(nil, check).wait(for: [job.object.id])
      release.record.jobs[job.name] = job.digest
      try await store.update(release, seal)
    }
  }

  /// A job of a release whose deployment was killed still runs: two migrations at once are worse than a wait.
  private func waitForEarlierJobs() async throws {
    let running = survey.live.all("Job").filter { job in
      Labels.areOwn(job) && job["metadata"]?["labels"]?[Labels.release] != nil
        && ["Complete", "Failed"].allSatisfy { WorkloadState.condition($0, of: job) == nil }
    }
    for id in running.compactMap({ KubernetesObject(document: $0.members)?.id }) {
      report(.note("job \(id.name) of an earlier release still runs"))
      do {
        try await watch(nil, check).wait(for: [id])
      } catch is RolloutFailure {}
    }
  }
}
