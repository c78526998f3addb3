import KilnArtifacts
package import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnPlan
package import KilnProcesses
package import KilnSpec
package import KilnWorkspace
import SystemPackage

/// Deploys customers' specs, or what another stage has run.
package struct DeployRun: Sendable {
  package let loaded: LoadedWorkspace
  package let stage: String?
  package let context: CommandContext
  package var timeout = 600
  /// The same for machines, which start more slowly than pods.
  package var machineTimeout = 1800
  package var lockTimeout = 600
  package var isAdopting = false
  package var isBuilding = true
  package var isQuiet = false
  /// Nothing is built, pushed or changed.
  package var isPreview = false
  /// Who approves, and why.
  package var approval: String?
  package var workers = Workers(count: nil)
  /// Whether lines begin with the customer's name.
  package var isTitled = false

  package init(_ loaded: LoadedWorkspace, stage: String?, _ context: CommandContext) {
    self.loaded = loaded
    self.stage = stage
    self.context = context
  }

  /// What is to be deployed for one customer: everything is built and pushed, nothing is asked of the cluster but what it
  /// remembers.
  package struct Prepared: Sendable {
    let planning: ReleasePlanning
    package let plan: ReleasePlan
    let options: DeployOptions
    package var customer: String { plan.customer }
  }

  /// - Parameter source: The stage whose images are taken; nil builds what the spec says.
  package func prepare(_ customer: String, from source: String? = nil) async throws -> Prepared {
    var planning = try ReleasePlanning(loaded, loaded.plan(of: customer), stage: stage, context)
    try loaded.stopUnlessGenerated(loaded.plan(of: customer), workers)
    let stageSpec = planning.plan.spec.stages.first { $0.name.value == stage }
    if !isPreview { try stopUnlessApproved(stageSpec, planning.title) }
    let required = stageSpec?.after?.value
    let passed = try await self.passed(source ?? required, customer)
    let images: [String: String]
    var origin: String?
    if source != nil, let passed {
      images = try Self.images(passed, for: planning)
      // A stage that comes after another takes from a third only what has passed that as well.
      if let required, required != source, let own = try await self.passed(required, customer) {
        try Self.stopUnless(own, hasPassed: images, planning)
      }
      origin = "\(passed.stage ?? "") \(passed.number)"
      planning.taken = passed
    } else {
      let references = try planning.references()
      if let passed { try Self.stopUnless(passed, hasPassed: references.mapValues(\.description), planning) }
      let known = try await ReleaseStore(kubectl(planning)).all().map(\.record)
      if !isPreview { try await checkBeforeBuilding(planning, references, known) }
      images = try await planning.images(
        references, known: known + [passed].compactMap { $0 }, isBuilding: isBuilding && passed == nil,
        isQuiet: isQuiet,
        isPreview: isPreview)
    }
    var options = options
    options.origin = origin
    let sources = planning.sources
    options.commits = { last in await sources.commits(since: last).map(\.text) }
    return Prepared(planning: planning, plan: await planning.release(images), options: options)
  }

  /// Deploys what is prepared.
  package func deploy(_ one: Prepared) async throws -> DeployOutcome {
    let deployer = Deployer(context, one.options, report: reporter(of: one.customer))
    do {
      let outcome = try await deployer.deploy(one.plan)
      if !outcome.isUnchanged { await tell(one.planning, nil) }
      return outcome
    } catch {
      await tell(one.planning, error)
      throw error
    }
  }

  /// Says what happens, each line with the customer's name where there are several; warnings alone where it is to be quiet.
  package func reporter(of customer: String) -> @Sendable (DeployEvent) -> Void {
    let title = isTitled ? "\(customer): " : ""
    let (console, isQuiet) = (context.console, isQuiet)
    return { event in
      let isWarning = if case .warning = event { true } else { false }
      if isWarning || !isQuiet { console.error("\(title)\(event.line)\n") }
    }
  }

  private func kubectl(_ planning: ReleasePlanning) -> Kubectl {
    Kubectl(context: planning.cluster.context, namespace: planning.deployment.namespace, context.processes)
  }

  // MARK: Stages

  package func stopUnlessApproved(_ stage: EnvironmentSpec.Stage?, _ title: String) throws {
    guard stage?.needsApproval == true, approval == nil else { return }
    throw CommandError(
      "deploy.approval", "\(title) needs an approval",
      help: "--approve \"WHY\": who approves and why is remembered with the release")
  }

  /// The release that runs in a stage; nil where no stage is asked for.
  private func passed(_ name: String?, _ customer: String) async throws -> ReleaseRecord? {
    guard let name else { return nil }
    let planning = try ReleasePlanning(loaded, loaded.plan(of: customer), stage: name, context)
    let releases = try await ReleaseStore(kubectl(planning)).all()
    guard let last = releases.lastGood?.record else {
      throw CommandError(
        "deploy.after", "nothing of \(customer) has passed \(name)",
        help: "`kiln deploy \(customer) --stage \(name)` first")
    }
    return last
  }

  /// A release's images for what runs now.
  private static func images(_ record: ReleaseRecord, for planning: ReleasePlanning) throws -> [String: String] {
    let plan = planning.plan
    let names = plan.apps.map(\.name) + plan.services.map(\.name)
    let missing = names.filter { record.images[$0] == nil }
    guard missing.isEmpty else {
      throw CommandError(
        "deploy.after", "\(record.stage ?? "") has not run \(Phrase.list(missing)) of \(plan.customer)",
        help: "deploy the spec there first: release \(record.number) is of another")
    }
    return record.images.filter { names.contains($0.key) }
  }

  /// What is wrong whatever the images are is said before minutes go into building them.
  private func checkBeforeBuilding(
    _ planning: ReleasePlanning, _ references: [String: ImageReference], _ known: [ReleaseRecord]
  ) async throws {
    let images = Set(known.flatMap(\.images.values).compactMap { $0.split(separator: "@").first.map(String.init) })
    guard references.values.contains(where: { !images.contains($0.description) }) else { return }
    _ = try SecretValues(await planning.release(references.mapValues(\.description)), in: context.environment)
    let kubectl = kubectl(planning)
    let deployer = Deployer(context, options) { _ in }
    try await deployer.naming(kubectl) {
      guard let found = try await kubectl.object("read the namespace", "namespace/\(kubectl.namespace)") else { return }
      try ClusterSurvey.check(
        found, kubectl, customer: planning.plan.customer, stage: planning.deployment.stage, adopt: isAdopting)
    }
  }

  /// Images, with digests or without, are those that passed, or the release is none that may go on.
  private static func stopUnless(
    _ passed: ReleaseRecord, hasPassed images: [String: String], _ planning: ReleasePlanning
  ) throws {
    let others = images.filter { name, image in
      let own = passed.images[name]
      return own != image && !(own?.hasPrefix("\(image)@") ?? false)
    }.keys.sorted()
    guard !others.isEmpty else { return }
    let stage = passed.stage ?? ""
    throw CommandError(
      "deploy.after",
      "\(Phrase.list(others)) of \(planning.plan.customer) \(others.count == 1 ? "has" : "have") not passed \(stage)",
      help:
        "`kiln deploy \(planning.plan.customer) --stage \(stage)` first, or `kiln promote \(planning.plan.customer) --from \(stage) --to \(planning.deployment.name)`, which takes what has"
    )
  }

  /// As `USER@HOST`, or what the pipeline says of who started it.
  package static func deployer(_ environment: [String: String]) -> String {
    for name in ["KILN_DEPLOYER", "GITLAB_USER_LOGIN", "GITHUB_ACTOR", "BUILD_REQUESTEDFOR"] {
      if let value = environment[name], !value.isEmpty { return value }
    }
    return "\(ProcessEnvironment.user)@\(ProcessEnvironment.host)"
  }
}

extension DeployRun {
  /// Brings an earlier release back; nil takes the good one before the one that runs.
  package func rollback(_ customer: String, to number: Int?) async throws -> DeployOutcome {
    let planning = try ReleasePlanning(loaded, loaded.plan(of: customer), stage: stage, context)
    try stopUnlessApproved(planning.plan.spec.stages.first { $0.name.value == stage }, planning.title)
    return try await Deployer(context, options, report: reporter(of: customer)).rollback(
      to: number, cluster: planning.cluster.name.value, context: planning.cluster.context,
      namespace: planning.deployment.namespace)
  }

  package var options: DeployOptions {
    var options = DeployOptions(deployer: Self.deployer(context.environment))
    options.timeout = Double(timeout)
    options.lockTimeout = Double(lockTimeout)
    options.adopt = isAdopting
    options.approval = approval.map { "\(options.deployer): \($0)" }
    return options
  }
}
