import KilnArtifacts
import KilnConsole
import KilnDeploy
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnWorkspace
import SystemPackage

/// Brings a stage's machines to an image, or leaves them as they were.
struct MachineDeployer: Sendable {
  let target: MachineTarget
  let options: DeployOptions
  let az: AzureCLI
  /// Private, for what is handed to `az`.
  let folder: FilePath
  /// What a release is made of.
  let sources: ReleaseSources
  let report: @Sendable (DeployEvent) -> Void

  var clock: DeployClock { target.clock }
  var records: MachineRecords { target.records(az, folder) }
  var mask: SecretMask {
    SecretMask(of: target.plan, in: target.context.environment, besides: ["ARM_CLIENT_SECRET"])
  }

  /// How an image is called among a release's.
  static let machine = "machine"

  /// An image that is there.
  struct Image: Sendable {
    /// A URI or an id.
    let reference: String
    /// Over what it was baked from; nil where nobody knows.
    let contents: String?
  }

  // MARK: Deploying

  /// - Parameters:
  ///   - releases: As they were read.
  ///   - files: Of an earlier release, or of the spec.
  func deploy(_ image: Image, after releases: [MachineRelease]) async throws -> DeployOutcome {
    let number = (releases.last?.record.number ?? 0) + 1
    let files = try DeploymentFiles.make(
      target, image: image.reference, release: number, capacity: try await capacity(), in: folder)
    if let last = releases.last, let good = releases.lastGood, good.contents == files.contents, !files.holdsSecret,
      last.record.outcome == .deployed || last.record.outcome == .rolledBack
    {
      report(.step("nothing has changed since release \(good.record.number)"))
      return DeployOutcome(record: good.record, isUnchanged: true, removed: [])
    }
    let deployment = resourceDeployment(number)
    report(.step("asking Azure what would change in \(target.deployment.resourceGroup)"))
    let preview = try await deployment.preview(template: files.template, parameters: files.parameters)
    for line in preview.lines { report(.note("  \(mask.relayed(line))")) }
    try Interruption.check()
    return try await release(number, image, files, after: releases)
  }

  /// What a deployment would change.
  func preview(_ image: Image, after releases: [MachineRelease]) async throws -> WhatIf {
    let number = (releases.last?.record.number ?? 0) + 1
    let files = try DeploymentFiles.make(
      target, image: image.reference, release: number, capacity: try await capacity(), in: folder)
    return try await resourceDeployment(number).preview(template: files.template, parameters: files.parameters)
  }

  /// An earlier good release once more, as a new one.
  func rollback(to number: Int?, after releases: [MachineRelease]) async throws -> DeployOutcome {
    let good = releases.filter { $0.record.outcome == .deployed }
    let running = good.last
    guard let earlier = number.map({ number in good.first { $0.record.number == number } }) ?? good.dropLast().last
    else {
      let numbers = good.map { String($0.record.number) }
      throw CommandError(
        "deploy.no-release",
        number.map { "there is no good release \($0) of \(target.title)" }
          ?? "there is no good release of \(target.title) before \(running.map { "release \($0.record.number)" } ?? "now")",
        help: numbers.isEmpty ? nil : "good ones are: \(Phrase.list(numbers))")
    }
    let next = (releases.last?.record.number ?? 0) + 1
    report(.step("release \(earlier.record.number) comes back as release \(next)"))
    let files = try await DeploymentFiles.earlier(
      earlier, target, az, release: next, capacity: try await capacity(), in: folder)
    let image = Image(reference: earlier.record.images[Self.machine] ?? "", contents: earlier.baked)
    return try await release(next, image, files, after: releases, bringingBack: earlier)
  }

  private func resourceDeployment(_ number: Int) -> ResourceDeployment {
    ResourceDeployment(
      az: az, name: records.deploymentName(number), clock: clock, deadline: clock.now() + options.timeout)
  }

  /// How many machines there are, where their number follows their load: a deployment takes none away.
  private func capacity() async throws -> Int? {
    guard let set = target.deployment.scaleSet, case .range(let min, let max, _) = set.capacity,
      let found = try await AzureCLI.optional({
        try await az.compute("read the scale set \(set.name)", "virtualMachineScaleSets/\(set.name)")
      }),
      let now = found["sku"]?["capacity"]?.integerValue
    else { return nil }
    return Swift.min(Swift.max(now, min), max)
  }

  // MARK: One release

  private func release(
    _ number: Int, _ image: Image, _ files: DeploymentFiles, after releases: [MachineRelease],
    bringingBack earlier: MachineRelease? = nil
  ) async throws -> DeployOutcome {
    // Also where it was looked for already: others may have been waited for since.
    try await (try? NamedImage(image.reference))?.find(target.plan.customer, az)
    guard
      var release = try await records.take(
        await begin(number, image, files, after: releases, bringingBack: earlier))
    else { throw Outrun() }
    report(.step("release \(number) of \(target.title) begins"))
    let beat = Heartbeat.start(release, records, clock)
    do {
      let address = try await bring(
        files, number: number, begun: release.record.begun, isSameImage: isRunning(image, releases.lastGood, files))
      await beat.end()
      release.address = address
      release.record.outcome = .deployed
      release.record.ended = Int(clock.now())
      try await records.write(release)
    } catch {
      let failed = release
      // What is taken back is so to its end, also where this task is cancelled; nobody takes it over meanwhile.
      throw await Task { await end(failed, error, releases.lastGood, beat) }.value
    }
    report(.step("release \(number) runs"))
    return DeployOutcome(record: release.record, isUnchanged: false, removed: [])
  }

  /// Whether machines have the image already, and what they are told when they start is new.
  private func isRunning(_ image: Image, _ good: MachineRelease?, _ files: DeploymentFiles) -> Bool {
    guard let good, let data = files.customData else { return false }
    return good.record.images[Self.machine] == image.reference && good.customData != data
  }

  private func begin(
    _ number: Int, _ image: Image, _ files: DeploymentFiles, after releases: [MachineRelease],
    bringingBack earlier: MachineRelease?
  ) async -> MachineRelease {
    let plan = target.plan
    let head = await sources.head()
    let good = releases.lastGood
    let settings =
      earlier?.settings ?? plan.settings(at: target.deployment.stage).map { "\($0.path) = \($0.value.text)" }
    var record = ReleaseRecord(
      number: number, customer: plan.customer, stage: target.deployment.stage, cluster: "azure",
      namespace: target.deployment.resourceGroup, outcome: .deploying, images: [Self.machine: image.reference],
      specDigest: earlier?.record.specDigest ?? plan.specDigest(at: target.deployment.stage).description,
      commit: earlier.map { $0.record.commit } ?? head?.commit,
      author: earlier.map { $0.record.author } ?? head?.author,
      deployer: options.deployer, begun: Int(clock.now()))
    record.origin = earlier.map { String($0.record.number) } ?? options.origin
    record.approval = options.approval
    record.changes = SettingChanges.lines(from: good?.settings ?? [], to: settings)
    record.commits = earlier == nil ? Array(await options.commits(good?.record).prefix(50)) : []
    return MachineRelease(
      record: record, settings: settings, deployment: records.deploymentName(number), contents: files.contents,
      customData: files.customData, baked: image.contents, address: nil,
      holder: String(UInt64.random(in: 0 ... .max), radix: 36))
  }

  /// Somebody else began a release at the same time.
  struct Outrun: Error {}

  /// Template, machines, pages.
  /// - Returns: Where the app answers; nil where nothing says so.
  private func bring(
    _ files: DeploymentFiles, number: Int, begun: Int, isSameImage: Bool
  ) async throws -> String? {
    let deployment = resourceDeployment(number)
    report(.step("deploying \(deployment.name) to \(target.deployment.resourceGroup)"))
    let result = try await deployment.run(template: files.template, parameters: files.parameters)
    for name in result.scaleSets {
      report(.step("bringing the machines of \(name) to the image"))
      try await ScaleSetRollout(
        az: az, name: name, clock: clock, begun: Double(begun), deadline: clock.now() + options.timeout,
        report: report
      ).run(restarting: isSameImage)
    }
    let address = target.deployment.address ?? result.output("address")
    try await MachinePages(target: target, mask: mask, deadline: clock.now() + options.timeout, report: report)
      .check(address)
    return address
  }

  // MARK: The way back

  private func end(
    _ failed: MachineRelease, _ error: any Error, _ good: MachineRelease?, _ beat: Heartbeat
  ) async -> CommandError {
    let trouble = MachineTrouble(error, mask)
    var ended = failed
    let number = failed.record.number
    report(.warning("release \(number) fails: \(trouble.reason)"))
    ended.record.reason = trouble.reason
    let help: String
    if trouble.isInterruption {
      ended.record.outcome = .interrupted
      help = "machines that have the new image keep it: deploy again, or `kiln rollback`"
    } else if let good {
      do {
        try await bringBack(good, from: failed)
        ended.record.outcome = .rolledBack
        help = "release \(good.record.number) is back and runs"
      } catch {
        let second = MachineTrouble(error, mask)
        ended.record.outcome = .failed
        ended.record.reason = "\(trouble.reason); going back failed: \(second.reason)"
        help =
          "going back to release \(good.record.number) failed, too: \(second.reason); deploy again, or `kiln rollback`"
      }
    } else {
      ended.record.outcome = .failed
      help =
        "there is no release to go back to; what was made is still there: `az resource list --resource-group \(target.deployment.resourceGroup)`"
    }
    ended.record.ended = Int(clock.now())
    var details = trouble.details
    await beat.end()
    do { try await records.write(ended) } catch {
      details.append("its end could not be recorded: \(MachineTrouble(error, mask).reason)")
    }
    return CommandError(
      trouble.isInterruption ? "deploy.interrupted" : "deploy.failed",
      "release \(number) of \(target.title) failed: \(trouble.reason)", details: details, help: help,
      kind: trouble.isInterruption ? .interrupted : .problem)
  }

  /// Deploys what ran before once more, and waits for its machines.
  private func bringBack(_ good: MachineRelease, from failed: MachineRelease) async throws {
    report(.step("going back to release \(good.record.number)"))
    let files = try await DeploymentFiles.earlier(
      good, target, az, release: good.record.number, capacity: try await capacity(), in: folder)
    let deployment = ResourceDeployment(
      az: az, name: records.returnName(failed.record.number), clock: clock,
      deadline: clock.now() + max(options.timeout, Self.patience))
    let result = try await deployment.run(template: files.template, parameters: files.parameters)
    let isSame =
      good.record.images == failed.record.images && good.customData != nil && good.customData != failed.customData
    for name in result.scaleSets {
      try await ScaleSetRollout(
        az: az, name: name, clock: clock, begun: clock.now(),
        deadline: clock.now() + max(options.timeout, Self.patience), report: report
      ).run(restarting: isSame, returning: true)
    }
  }

  /// Seconds that what ran before may take at least, however short the user's patience with the new is.
  private static let patience = 1800.0
}

/// Why a release failed, in words without secrets.
struct MachineTrouble {
  let reason: String
  var details: [String] = []
  var isInterruption = false

  init(_ error: any Error, _ mask: SecretMask) {
    switch error {
    case let failure as ScaleSetRollout.Failure: reason = mask.relayed(failure.reason)
    case let failure as AzureFailure:
      reason = mask.relayed("cannot \(failure.action): \(failure.text)")
      details = failure.reasons.dropFirst().map(mask.relayed)
    case is Interruption.Failure, is CancellationError:
      reason = "it was interrupted"
      isInterruption = true
    case let convertible as any CommandErrorConvertible:
      let problems = convertible.commandError.diagnostics
      reason = mask.relayed(problems.first?.message ?? "")
      details = problems.flatMap(\.details).map(mask.relayed)
    default: reason = mask.relayed(String(describing: error))
    }
  }
}
