import KilnArtifacts
package import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnGeneration
package import KilnPlan
import KilnProcesses
import KilnSpec
import KilnWorkspace
package import SystemPackage

/// Builds an environment's images from staged folders, those that are not there.
package struct EnvironmentBuild: Sendable {
  package let engine: ContainerEngine
  /// The workspace's folder.
  package let root: FilePath
  private var stage: FilePath { WorkspaceLayout(root).contexts }
  private var ledger: ImageLedger { ImageLedger(root: root) }
  package let time: Int
  package let isPushing: Bool
  package let isForced: Bool
  package let isQuiet: Bool
  /// Whether everything is shown that the engine prints, and not only its steps.
  package var isVerbose = false
  /// Whether the layers are shown that a push prints.
  package var showsPushes = true
  /// Nothing is built: what is missing is an error.
  package var isMissingOnly = false
  /// Images that are built whether they are there or not.
  package var remade: Set<String> = []
  package let context: CommandContext

  package init(
    engine: ContainerEngine, root: FilePath, time: Int, isPushing: Bool, isForced: Bool, isQuiet: Bool,
    isMissingOnly: Bool = false, context: CommandContext
  ) {
    self.engine = engine
    self.root = root
    self.time = time
    self.isPushing = isPushing
    self.isForced = isForced
    self.isQuiet = isQuiet
    self.isMissingOnly = isMissingOnly
    self.context = context
  }

  /// Stops before anything is built where images would go to the engine's default registry, which is Docker Hub.
  package func refuseWithoutRegistry(_ plans: [EnvironmentPlan]) throws {
    let local = plans.filter { $0.registry == nil }
    guard isPushing, !local.isEmpty else { return }
    throw CommandError(
      "build.registry", "no registry is set for \(Phrase.some(local.map(\.customer), limit: 5))",
      help: "write `registry: HOST/PATH` in kiln.yaml, or `images: {registry: HOST/PATH}` in the spec")
  }

  /// - Parameters:
  ///   - known: What was built for other customers: a runtime that they share is not looked at again.
  ///   - runtimes: Are looked at only where an app on them has to be built: nothing runs them.
  package func build(
    _ images: [EnvironmentImage], of plan: EnvironmentPlan, known: [BuiltImage], on runtimes: [EnvironmentImage] = []
  ) async throws -> [BuiltImage] {
    try refuseWithoutRegistry([plan])
    var results: [BuiltImage] = []
    for image in images {
      let secrets = try image.app.map { try self.secrets(of: $0, plan) } ?? []
      let staged = try withExcerpts(image.sources) {
        try ContextStage(stage.pushing(FilePath(image.archive)), below: root).update(
          image.source, check: { try Interruption.check() })
      }
      if image.app != nil { context.console.report(staged.warnings, sources: image.sources) }
      let one = Wanted(image: image, reference: image.reference(staged), staged: staged, plan: plan)
      if let same = (known + results).first(where: { $0.image == one.name }) {
        results.append(one.kept(same.id, same.digest, "\(same.customer) uses the same"))
        continue
      }
      let (there, reason) = try await find(one)
      if let there {
        results.append(there)
        continue
      }
      if let app = image.app.flatMap({ plan.app(named: $0) }) {
        let runtime = runtimes.filter { $0.kind == .runtime(app.runtime.id) }
        results += try await build(runtime, of: plan, known: known + results)
      }
      results.append(try await build(one, reason, secrets))
    }
    return results
  }

  /// An image that is to be there.
  private struct Wanted {
    let image: EnvironmentImage
    let reference: ImageReference
    let staged: StagedContext
    let plan: EnvironmentPlan

    var name: String { reference.description }
    var label: String { "\(plan.customer)/\(image.name)" }
    /// Whether others build and keep it too.
    var isShared: Bool { image.kind == .proxy }
    var hasRegistry: Bool { plan.registry != nil && !isShared }

    func result(_ action: BuiltImage.Action, _ id: String, _ digest: String?, _ reason: String) -> BuiltImage {
      BuiltImage(
        customer: plan.customer, name: image.name, image: name, id: id, digest: digest, action: action, reason: reason)
    }

    func kept(_ id: String, _ digest: String?, _ reason: String) -> BuiltImage { result(.kept, id, digest, reason) }
  }

  /// The image where this machine or its registry has it; else why it has to be built.
  private func find(_ one: Wanted) async throws -> (BuiltImage?, reason: String) {
    if remade.contains(one.name) { return (nil, "--refresh") }
    if isForced { return (nil, "--force") }
    var id = try await engine.id(of: one.name)
    var reason = "image \(one.name) already exists"
    if id == nil, one.hasRegistry, try await engine.isInRegistry(one.name) {
      let code = try await stream(["pull", one.name])
      try Interruption.check()
      if code == 0 { id = try await engine.id(of: one.name) }
      if let id { try ledger.add(engine.kind, one.name, id) }
      reason = "the registry has \(one.name)"
    }
    if let id {
      tell("\(one.label): unchanged: \(reason)")
      return (one.kept(id, try await pushed(one.name, one.label), reason), reason)
    }
    let place = !one.hasRegistry ? "on this machine" : "on this machine or in its registry"
    reason = "no image \(one.name) is \(place)"
    guard isMissingOnly else { return (nil, reason) }
    throw CommandError("build.missing", reason, help: "`kiln build \(one.plan.customer)`, or leave out --no-build")
  }

  private func build(_ one: Wanted, _ reason: String, _ secrets: [SecretUse]) async throws -> BuiltImage {
    let (label, staged) = (one.label, one.staged)
    tell("\(label): building: \(reason)")
    let start = ContinuousClock.now
    let idFile = staged.folder.removingLastComponent().appending("image-\(UInt64.random(in: 0 ... .max))")
    defer { idFile.removeAll() }
    let arguments = engine.buildArguments(
      folder: staged.folder, idFile: idFile, time: time, version: one.reference.tag ?? "",
      isPulling: one.image.isRefreshed, secrets: secrets)
    let words = OutputTail()
    let mask = SecretMask(secrets.compactMap { context.environment[$0.variable] })
    // Other engines print no step that could be told from what it prints.
    let isWhole = isVerbose || engine.kind != .docker
    let code = try await stream(arguments, tail: words) { line in
      let line = mask.masked(line)
      return isWhole ? line : BuildProgress.shown(line)
    }
    try Interruption.check()
    guard code == 0 else {
      throw CommandError(
        "build.failed", "\(label) was not built: \(engine.name) failed with exit code \(code)",
        details: isQuiet || !isWhole ? BuildFailure.lines(of: mask.masked(words.text)) : [],
        help: EngineFailure.advice(words.text) ?? "its context is \(staged.folder.string)")
    }
    let built = try await named(one.name, idFile, staged, label)
    if !one.isShared { try ledger.add(engine.kind, one.name, built) }
    let seconds = Double(start.duration(to: .now) / .milliseconds(100)).rounded() / 10
    tell("\(label): built in \(seconds) s")
    return one.result(.built, built, try await pushed(one.name, label), reason)
  }

  /// Gives the image that was built its name, which says what it is made from: only when it is.
  private func named(
    _ reference: String, _ idFile: FilePath, _ staged: StagedContext, _ label: String
  ) async throws -> String {
    let id = String(decoding: try RegularFile.read(idFile, limit: 1000), as: UTF8.self).trimmed
    guard try staged.isUnchanged() else {
      throw CommandError(
        "build.changed", "\(label): its context was changed while it was built; the image \(id) has no name",
        help: "nothing else writes to \(staged.folder); build again")
    }
    try await engine.tag(id, as: reference)
    guard let built = try await engine.id(of: reference) else {
      throw EngineFailure(engine: engine.kind, what: "find \(reference), which it built", answer: "")
    }
    return built
  }

  /// Pushes what the registry lacks.
  private func pushed(_ reference: String, _ label: String) async throws -> String? {
    guard isPushing else { return nil }
    if try await !engine.isInRegistry(reference) {
      tell("\(label): pushing")
      let words = OutputTail()
      let isShown = showsPushes
      let code = try await stream(["push", reference], tail: words) { isShown ? $0 : nil }
      try Interruption.check()
      guard code == 0 else {
        throw CommandError(
          "build.push", "\(reference) was not pushed: \(engine.name) failed with exit code \(code)",
          details: isQuiet || !showsPushes ? BuildFailure.lines(of: words.text) : [])
      }
    }
    return try await engine.registryDigest(of: reference)
  }

  /// - Parameter edit: What is shown of a line; nil for nothing.
  private func stream(
    _ arguments: [String], tail: OutputTail? = nil, edit: @escaping @Sendable (String) -> String? = { $0 }
  ) async throws -> Int32 {
    let relay = context.console.relay(edit: edit)
    defer { relay.finish() }
    let isShown = !isQuiet
    return try await engine.tool.stream(arguments, environment: ["DOCKER_BUILDKIT": "1"]) { bytes in
      if isShown { relay.write(bytes) }
      tail?.add(bytes)
    }
  }

  private func tell(_ text: String) { if !isQuiet { context.console.error(text + "\n") } }

  /// The variables of an app's build secrets; every one that is not set is reported.
  private func secrets(of app: String, _ plan: EnvironmentPlan) throws -> [SecretUse] {
    let secrets = plan.secrets(of: .build(app))
    let missing = secrets.compactMap { plan.problem(ofVariable: $0.variable, in: context.environment) }
    guard missing.isEmpty else {
      throw CommandError(missing.map { Diagnostic("build.secret", $0) }, kind: .problem)
    }
    return secrets
  }
}
