package import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnKubernetes
import KilnProcesses

/// Brings a cluster's namespace to what a plan says, or leaves it as it was.
package struct Deployer: Sendable {
  let context: CommandContext
  let options: DeployOptions
  let clock: DeployClock
  let report: @Sendable (DeployEvent) -> Void

  /// - Parameter report: Gets what happens, as it happens.
  package init(
    _ context: CommandContext, _ options: DeployOptions, clock: DeployClock = .system,
    report: @escaping @Sendable (DeployEvent) -> Void
  ) {
    self.context = context
    self.options = options
    self.clock = clock
    self.report = report
  }

  /// Deploys a plan. What is there already is not touched, and where all is there, nothing is changed.
  /// - Throws: `deploy.failed` where the release before is back, or there is none; other `deploy.…` before any change.
  package func deploy(_ plan: ReleasePlan) async throws -> DeployOutcome {
    Interruption.watch()
    let kubectl = Kubectl(context: plan.context, namespace: plan.namespace, context.processes)
    let content = ReleaseContent(plan, origin: options.origin)
    let objects = plan.objects + plan.jobs
    return try await naming(kubectl, rights: PermissionCheck.rights(plan)) {
      let look = try await ClusterSurvey.look(kubectl, for: objects)
      let secrets = Result { try SecretValues(plan, in: context.environment) }
      // Without a release before, or with other kinds than it had, this is not the time to complain.
      if let secrets = try? secrets.get(), look.versions != nil, let desired = try? desired(plan, secrets, look),
        let outcome = unchanged(desired, content, look)
      {
        return outcome
      }
      let survey = try await look.completed(kubectl, for: objects)
      try survey.checkNamespace(kubectl, customer: plan.customer, stage: plan.stage, adopt: options.adopt)
      let values = try secrets.get()
      return try await release(kubectl, content, survey, mask: values.mask(survey.live)) {
        try desired(plan, values, $0)
      }
    }
  }

  /// What a deployment of the plan would change, without changing anything; Secrets by name alone.
  package func preview(_ plan: ReleasePlan) async throws -> ReleasePreview {
    let kubectl = Kubectl(context: plan.context, namespace: plan.namespace, context.processes)
    let objects = plan.objects + plan.jobs
    return try await naming(kubectl) {
      let look = try await ClusterSurvey.look(kubectl, for: objects)
      let first = try await look.completed(kubectl, for: objects)
      let survey = try await first.looking(kubectl, for: objects + first.remembered)
      try survey.checkNamespace(kubectl, customer: plan.customer, stage: plan.stage, adopt: options.adopt)
      let secrets = try SecretValues(plan, in: context.environment)
      return ReleasePreview(try desired(plan, secrets, survey), survey)
    }
  }

  func desired(
    _ plan: ReleasePlan, _ secrets: SecretValues, _ survey: ClusterSurvey
  ) throws -> DesiredRelease {
    try DesiredRelease(
      plan, number: survey.nextNumber, secrets, survey.versions ?? ServedVersions(listing: ""),
      after: survey.releases.lastGood, survey.live)
  }

  /// Deploys an earlier good release once more, as a new one. Jobs do not run: data stays as it is.
  /// - Parameters:
  ///   - number: Nil for the good one before the one that runs.
  ///   - cluster: Its name in `kiln.yaml`.
  /// - Throws: `deploy.no-release` where there is no such release, or its Secrets are gone.
  package func rollback(
    to number: Int?, cluster: String, context kubeContext: String, namespace: String
  ) async throws -> DeployOutcome {
    Interruption.watch()
    let kubectl = Kubectl(context: kubeContext, namespace: namespace, context.processes)
    return try await naming(kubectl) {
      let releases = try await ReleaseStore(kubectl).all()
      let target = try RollbackTarget.choose(number, among: releases, namespace: namespace)
      let survey = try await ClusterSurvey.look(kubectl, for: target.objects).completed(kubectl, for: target.objects)
      let record = target.record
      try survey.checkNamespace(kubectl, customer: record.customer, stage: record.stage, adopt: false)
      try RollbackTarget.checkSecrets(target, survey.live)
      report(.step("release \(record.number) comes back as release \(survey.nextNumber)"))
      let content = ReleaseContent(target, cluster: cluster)
      return try await release(kubectl, content, survey, mask: SecretValues.mask(survey.live)) {
        try DesiredRelease(target, number: $0.nextNumber, $0.versions)
      }
    }
  }

  /// Compares, asks what may be asked before, and then makes the release under the lock.
  private func release(
    _ kubectl: Kubectl, _ content: ReleaseContent, _ survey: ClusterSurvey, mask: SecretMask,
    _ make: @escaping (ClusterSurvey) throws -> DesiredRelease
  ) async throws -> DeployOutcome {
    for name in survey.strangers.compactMap({ KubectlFailure.lines($0, 1).first }) {
      let command = "kubectl --context \(kubectl.context) --namespace \(kubectl.namespace) delete configmap \(name)"
      report(.warning("\(name) is not as Kiln wrote it, and is not used; `\(command)` removes it"))
    }
    let desired = try make(survey)
    for warning in desired.warnings { report(.warning(warning)) }
    let known = desired.objects + survey.remembered
    try await PermissionCheck(kubectl: kubectl).run(
      PermissionCheck.rights(known, hasJobs: !desired.jobs.isEmpty, hasPages: !content.pages.isEmpty))
    try ReleaseStore.check(
      desired.stored(content.record(desired.number, namespace: kubectl.namespace, options: options, at: 0), content))
    do {
      try await tryOut(kubectl, desired, survey)
    } catch let refusal as CommandError { throw refusal.masked(mask) }
    return try await ClusterLock.withLock(
      kubectl, holder: ClusterLock.holder(options.deployer), patience: options.lockTimeout, clock: clock,
      isBusy: { holder, since in
        report(.note("waiting for \(mask.relayed(holder)), who deploys here since \(mask.relayed(since))"))
      }
    ) { lock in
      // Whoever had the lock before may have changed anything.
      let survey = try await survey.looking(kubectl, for: known + desired.jobs.map(\.object))
      let desired = try make(survey)
      if let outcome = unchanged(desired, content, survey) { return outcome }
      let seal: ReleaseSeal
      if let own = survey.seal {
        seal = own
      } else {
        seal = try await .ensure(kubectl, labels: Labels.of(customer: content.customer, stage: content.stage))
      }
      let run = ReleaseRun(
        kubectl: kubectl, content: content, desired: desired, survey: survey, seal: seal, lock: lock, mask: mask,
        deployer: self)
      return try await run.run()
    }
  }

  /// Asks the cluster whether it takes all objects. In a namespace that is not there nothing can be tried: it is made
  /// first, where the objects are as their schemas say, and stays empty where the cluster refuses them.
  private func tryOut(_ kubectl: Kubectl, _ desired: DesiredRelease, _ survey: ClusterSurvey) async throws {
    report(.step("asking the cluster about \(Phrase.count(desired.objects.count, "object"))"))
    let trial = DryRun(kubectl: kubectl, live: survey.live)
    let objects = desired.newSecrets + desired.objects + desired.jobs.map(\.object)
    try await trial.run(objects, survey.namespace == nil ? .schema : .server)
    try Interruption.check()
    guard !desired.hasNamespace(survey) else { return }
    report(.step("namespace \(kubectl.namespace)"))
    try await kubectl.output(
      "make namespace \(kubectl.namespace)", Applying.arguments, input: Kubectl.list([desired.namespace]))
    if survey.namespace == nil { try await trial.run(objects, .server) }
    try Interruption.check()
  }

  private func unchanged(
    _ desired: DesiredRelease, _ content: ReleaseContent, _ survey: ClusterSurvey
  ) -> DeployOutcome? {
    guard desired.isDeployed(content, survey), let record = survey.releases.last?.record else { return nil }
    report(.step("nothing has changed since release \(record.number)"))
    return DeployOutcome(record: record, isUnchanged: true, removed: [])
  }

  /// A missing context names those that are there; an account without rights learns all that it lacks.
  func naming<Value>(
    _ kubectl: Kubectl, rights: [KubectlFailure.Right] = [], _ body: () async throws -> Value
  ) async throws -> Value {
    do {
      return try await body()
    } catch let failure as KubectlFailure where failure.cause.isForbidden {
      try await PermissionCheck(kubectl: kubectl).run(rights)
      throw failure
    } catch let failure as KubectlFailure where failure.cause == .context {
      let contexts = (try? await kubectl.contexts()) ?? []
      throw CommandError(
        "deploy.context", "the kubeconfig has no context \(kubectl.context)",
        details: contexts.isEmpty ? ["it has none"] : contexts.flatMap { KubectlFailure.lines($0, 1) },
        help: "name one of these in the cluster's `context` in kiln.yaml, or log in to the cluster")
    } catch is Interruption.Failure {
      throw CommandError("deploy.interrupted", "interrupted before anything was changed", kind: .interrupted)
    }
  }
}
