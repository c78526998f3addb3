import KilnConsole
package import KilnDeploy
import KilnDiagnostics
import KilnDocuments
import KilnPacker
import KilnPlan
import KilnProcesses
import KilnRelease
import KilnSpec
import KilnWorkspace
import SystemPackage

/// Deploys a customer's machine to a stage: what the spec says, what another stage has run, or an image that is there.
package struct MachineDeployment: Sendable {
  package let run: DeployRun
  /// The stage whose image is taken; nil for what the spec says.
  package let source: String?
  /// A URI or an id; nil for what a bake makes, or has made.
  package let image: String?
  package var clock = DeployClock.system

  package init(_ run: DeployRun, from source: String? = nil, image: String? = nil) {
    self.run = run
    self.source = source
    self.image = image
  }

  private var context: CommandContext { run.context }

  package func deploy(_ customer: String) async throws -> DeployOutcome {
    let target = try self.target(customer)
    try check(target)
    return try await telling(target) { az, folder in
      let choice = try await choose(target, try await target.records(az, folder).all(), az)
      // A bake takes twenty minutes, in which others may have deployed.
      return try await afterOthers(target, az, folder) { releases in
        try await deployer(target, az, folder, choice).deploy(choice.image, after: releases)
      }
    }
  }

  /// What a deployment would change.
  package func preview(_ customer: String) async throws -> WhatIf {
    let target = try self.target(customer)
    try check(target)
    return try await target.withAzure { az, folder in
      try await findGroup(target, az)
      let releases = try await target.records(az, folder).all()
      let choice = try await choose(target, releases, az)
      return try await deployer(target, az, folder, choice).preview(choice.image, after: releases)
    }
  }

  package func rollback(_ customer: String, to number: Int?) async throws -> DeployOutcome {
    let target = try self.target(customer)
    try run.stopUnlessApproved(stage(of: target), target.title)
    return try await telling(target) { az, folder in
      try await afterOthers(target, az, folder) { releases in
        try await deployer(target, az, folder, nil).rollback(to: number, after: releases)
      }
    }
  }

  // MARK: Before

  private func target(_ customer: String) throws -> MachineTarget {
    try MachineTarget(run.loaded, run.loaded.plan(of: customer), stage: run.stage, context, clock: clock)
  }

  private func stage(of target: MachineTarget) -> EnvironmentSpec.Stage? {
    target.plan.spec.stages.first { $0.name.value == target.deployment.stage }
  }

  /// What is wrong whatever Azure says, all before anything slow begins.
  private func check(_ target: MachineTarget) throws {
    try run.loaded.stopUnlessGenerated(run.loaded.plan(of: target.plan.customer), run.workers)
    if !run.isPreview { try run.stopUnlessApproved(stage(of: target), target.title) }
    _ = try target.subscription()
    try target.refuseMissingSecrets()
    if let image { try check(image, target) }
    let parameters = MachineParameters(
      of: target.plan, by: [.azure], root: run.loaded.workspace.root, context: context)
    if let (problems, sources) = try parameters?.check() {
      if problems.hasErrors { throw CommandError(problems, sources: sources) }
      context.console.report(problems, sources: sources)
    }
  }

  private func check(_ image: String, _ target: MachineTarget) throws {
    let kinds = target.plan.spec.machine?.kinds(of: .azure) ?? []
    let kind = try NamedImage(image).kind
    guard kinds.contains(kind) else {
      throw CommandError(
        "deploy.image",
        "--image \(image) is a \(kind), and the machine of \(target.plan.customer) is captured as a \(kinds.first?.rawValue ?? "")",
        help: kinds.contains(.vhd)
          ? "a VHD's URI begins with https://" : "an image's id begins with /subscriptions/")
    }
  }

  /// Runs `body` with the releases, of which none is being deployed; once more where somebody else is faster.
  private func afterOthers(
    _ target: MachineTarget, _ az: AzureCLI, _ folder: FilePath,
    _ body: ([MachineRelease]) async throws -> DeployOutcome
  ) async throws -> DeployOutcome {
    let end = clock.now() + Double(run.lockTimeout)
    while true {
      let releases = try await Heartbeat.waitForOthers(
        target.records(az, folder), az, patience: max(0, end - clock.now()), clock, title: target.title,
        report: run.reporter(of: target.plan.customer))
      do { return try await body(releases) } catch is MachineDeployer.Outrun {
        guard clock.now() < end else {
          throw CommandError(
            "deploy.busy", "somebody else begins a release of \(target.title)",
            help: "wait for it, and deploy again: `kiln history \(target.plan.customer)` says whose it is")
        }
        // Two that gave way to each other shall not meet again.
        await clock.sleep(Double.random(in: 1...5))
      }
    }
  }

  private func findGroup(_ target: MachineTarget, _ az: AzureCLI) async throws {
    let name = target.deployment.resourceGroup
    let found = try await az.run("look for the resource group \(name)", ["group", "exists", "--name", name])
    guard case .bool(let isThere) = found else {
      throw AzureFailure("look for the resource group \(name)", reason: "az answered with neither true nor false")
    }
    guard isThere else {
      throw CommandError(
        "deploy.resource-group", "there is no resource group \(name) in the subscription \(az.subscription)",
        help: "`az group create --name \(name) --location …`, or name another: deploy: {azure: {resourceGroup: …}}")
    }
  }

  // MARK: The image

  private struct Choice {
    let image: MachineDeployer.Image
    /// The release that has brought it elsewhere, as in `qa 12`.
    var origin: String?
    let sources: ReleaseSources
  }

  private func choose(
    _ target: MachineTarget, _ releases: [MachineRelease], _ az: AzureCLI
  ) async throws -> Choice {
    let own = ReleaseSources(run.loaded, target.plan, context)
    let required = stage(of: target)?.after?.value
    let passed = try await self.passed(source ?? required, target)
    if source != nil, let passed {
      // A stage that comes after another takes from a third only what has passed that as well.
      if let required, required != source, let own = try await self.passed(required, target), own.image != passed.image
      {
        throw notPassed(target, required)
      }
      return Choice(
        image: passed.imageItself, origin: "\(passed.record.stage ?? "") \(passed.record.number)",
        sources: own.at(passed.record))
    }
    if let image {
      if let required, let passed, passed.image != image { throw notPassed(target, required) }
      try await NamedImage(image).check(target.plan.customer, among: run.loaded.fleet.map(\.customer), az)
      let known = (releases + [passed].compactMap { $0 }).last { $0.image == image }
      return Choice(image: .init(reference: image, contents: known?.baked), sources: own.at(known?.record))
    }
    let bake = MachineBake(
      plan: try run.loaded.plan(of: target.plan.customer), loaded: run.loaded, only: ["azure-arm"],
      workers: run.workers, isQuiet: run.isQuiet, context: context)
    let contents = try bake.contents()
    if let required, let passed {
      guard passed.baked == contents else { throw notPassed(target, required) }
      return Choice(image: passed.imageItself, sources: own)
    }
    if let known = releases.last(where: { $0.baked == contents && !$0.image.isEmpty }) {
      return Choice(image: known.imageItself, sources: own)
    }
    let kinds = target.plan.spec.machine?.kinds(of: .azure) ?? []
    if let reference = bake.known(contents)?.reference(kinds) {
      run.reporter(of: target.plan.customer)(.note("the image of the last bake is taken: nothing has changed since"))
      return Choice(image: .init(reference: reference, contents: contents), sources: own)
    }
    guard run.isBuilding, !run.isPreview else {
      throw CommandError(
        "deploy.image", "no image of the machine of \(target.plan.customer) is as spec and sources are now",
        help: "`kiln bake \(target.plan.customer)` first; or name one by --image")
    }
    _ = try await bake.run()
    guard let reference = bake.known(contents)?.reference(kinds) else {
      throw CommandError("deploy.image", "the bake has left no \(kinds.first?.rawValue ?? "image")")
    }
    return Choice(image: .init(reference: reference, contents: contents), sources: own)
  }

  /// What runs in a stage; nil where no stage is asked for.
  private func passed(_ name: String?, _ target: MachineTarget) async throws -> MachineRelease? {
    guard let name else { return nil }
    let customer = target.plan.customer
    let other = try MachineTarget(run.loaded, run.loaded.plan(of: customer), stage: name, context, clock: clock)
    guard let last = try await other.history().lastGood else {
      throw CommandError(
        "deploy.after", "nothing of \(customer) has passed \(name)",
        help: "`kiln deploy \(customer) --stage \(name)` first")
    }
    return last
  }

  private func notPassed(_ target: MachineTarget, _ stage: String) -> CommandError {
    let customer = target.plan.customer
    return CommandError(
      "deploy.after", "the machine of \(customer) has not passed \(stage)",
      help:
        "`kiln deploy \(customer) --stage \(stage)` first, or `kiln promote \(customer) --from \(stage) --to \(target.deployment.name)`, which takes what has"
    )
  }

  // MARK: Telling

  private func deployer(
    _ target: MachineTarget, _ az: AzureCLI, _ folder: FilePath, _ choice: Choice?
  ) -> MachineDeployer {
    let sources = choice?.sources ?? ReleaseSources(run.loaded, target.plan, context)
    var options = run.options
    options.timeout = Double(run.machineTimeout)
    options.origin = choice?.origin
    options.commits = { last in await sources.commits(since: last).map(\.text) }
    return MachineDeployer(
      target: target, options: options, az: az, folder: folder, sources: sources,
      report: run.reporter(of: target.plan.customer))
  }

  /// Whoever `kiln.yaml` names hears of what failed, or went well after that.
  private func telling(
    _ target: MachineTarget, _ body: (AzureCLI, FilePath) async throws -> DeployOutcome
  ) async throws -> DeployOutcome {
    Interruption.watch()
    return try await target.withAzure { az, folder in
      try await findGroup(target, az)
      do {
        let outcome = try await body(az, folder)
        if !outcome.isUnchanged { await tell(target, nil, az, folder) }
        return outcome
      } catch is Interruption.Failure {
        throw CommandError("deploy.interrupted", "interrupted before anything was changed", kind: .interrupted)
      } catch {
        await tell(target, error, az, folder)
        throw error
      }
    }
  }

  private func tell(_ target: MachineTarget, _ error: (any Error)?, _ az: AzureCLI, _ folder: FilePath) async {
    if let error {
      let id = (error as? any CommandErrorConvertible)?.commandError.diagnostics.first?.id
      // What failed before anything was changed is nobody's news but the caller's.
      guard id == "deploy.failed" else { return }
    } else if run.loaded.workspace.notify.isEmpty {
      return
    }
    guard let records = try? await target.records(az, folder).all().map(\.record), let record = records.last,
      (error == nil) == (record.outcome == .deployed)
    else { return }
    await DeployNotice(run.loaded, target.plan, context).send(
      record, after: records.dropLast(), workload: target.plan.machine?.app?.name, isFailure: error != nil)
  }
}

extension MachineRelease {
  var image: String { record.images[MachineDeployer.machine] ?? "" }
  var imageItself: MachineDeployer.Image { .init(reference: image, contents: baked) }
}
