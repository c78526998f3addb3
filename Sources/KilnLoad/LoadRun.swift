import KilnArtifacts
package import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
import KilnHTTP
package import KilnPlan
import KilnProcesses
import KilnSpec
package import KilnWorkspace
import SystemPackage

/// Runs a customer's load tests, one after the other.
package struct LoadRun: Sendable {
  /// What one test gave, and where it is kept.
  package struct Outcome: Sendable {
    package let result: LoadResult
    package let folder: LoadFolder
    /// What a reader should know besides.
    package let notes: [String]
  }

  private let plan: EnvironmentPlan
  private let loaded: LoadedWorkspace
  private let choice: LoadTarget.Choice
  private let names: [String]
  private let isQuiet: Bool
  private let context: CommandContext

  /// - Parameter names: The tests; all where none is named.
  /// - Throws: `load.none`, `load.test`, `input.stage`.
  package init(
    _ plan: EnvironmentPlan, _ names: [String], at choice: LoadTarget.Choice, loaded: LoadedWorkspace, isQuiet: Bool,
    _ context: CommandContext
  ) throws {
    let known = plan.spec.loadTests.map(\.name.value)
    guard !known.isEmpty else {
      throw CommandError(
        "load.none", "\(plan.customer) has no load test",
        help: "describe one in its spec: load: {path: /, users: 10, p95: 800ms}")
    }
    if let name = names.first(where: { !known.contains($0) }) {
      throw CommandError(
        "load.test", "\(plan.customer) has no load test \"\(name)\"",
        help: nearest(to: name, among: known).map { "did you mean \"\($0)\"?" } ?? "there are: \(Phrase.list(known))")
    }
    if case .stage(let stage, _) = choice { _ = try plan.stage(named: stage) }
    self.plan = plan
    self.loaded = loaded
    self.choice = choice
    self.names = names
    self.isQuiet = isQuiet
    self.context = context
  }

  /// Runs all of them, also after one whose budget is broken.
  package func run() async throws -> LoadSummary {
    // What is missing is missing before anything is asked.
    var pending: [(test: LoadTestPlan, target: LoadTarget)] = []
    for test in plan.loadTests(in: nil) where names.isEmpty || names.contains(test.name) {
      let target = try await LoadTarget.find(choice, app: test.app, plan: plan, loaded: loaded, context)
      guard let staged = plan.loadTests(in: target.stage).first(where: { $0.name == test.name }) else { continue }
      pending.append((staged, target))
    }
    let tool = try await JMeter(context).version()
    var outcomes: [Outcome] = []
    for (test, target) in pending {
      try Interruption.check()
      let outcome: Outcome
      do { outcome = try await run(test, target, tool) } catch {
        if outcomes.isEmpty { throw error }
        // What the tests before it gave is not lost.
        return LoadSummary(customer: plan.customer, outcomes: outcomes, failure: error)
      }
      for note in outcome.notes { context.console.error("note: \(test.name): \(note)\n") }
      outcomes.append(outcome)
    }
    return LoadSummary(customer: plan.customer, outcomes: outcomes)
  }

  private func run(_ test: LoadTestPlan, _ target: LoadTarget, _ tool: String) async throws -> Outcome {
    let folder = LoadFolder(loaded.workspace.root, customer: plan.customer, target: target, test: test.name)
    try folder.make()
    let title = plan.customer + (test.isOnly ? "" : " \(test.name)")
    let lock = try await EnvironmentLock.wait(for: folder.lock) { holder in
      context.console.error(
        "note: another kiln \(holder.map { "(process \($0)) " } ?? "")runs this load test: waiting for it\n")
    }
    defer { lock.release() }
    folder.clear()
    defer { folder.clear() }
    var notes: [String] = []
    let file: FilePath
    let load: String
    switch test.work {
    case .page(let page):
      file = folder.plan
      load = page.words
      let text = LoadTestLowering(plan: plan).jmeter(test) ?? ""
      try FileReplacement.replace([.init(path: file, bytes: Array(text.utf8))])
    case .plan(let path):
      file = loaded.workspace.root.pushing(path).lexicallyNormalized()
      let bytes = try RegularFile.read(file, limit: 1 << 26)
      load = "\(path), sha256 \(ContentDigest(of: bytes).hex.prefix(12))"
      if !String(decoding: bytes, as: UTF8.self).contains(/__(P|property)\(\s*host\b/) {
        notes.append(
          "\(path) does not read the property `host`: it may ask another address than \(target.address.text)")
      }
    }
    try await check(test, target)
    let releases = LoadReleases(plan, target, loaded: loaded, context)
    let baseline = try await releases.baseline(test, load, &notes) ?? folder.lastGood(of: load)
    if !isQuiet { context.console.error("\(title): \(load) at \(target.address.text)\n") }
    try await JMeter(context).run(
      file, target.properties + (test.page?.properties ?? []), folder, title: title)
    guard
      let measurement = try LoadMeasurement.read(
        SampleReader(folder.running.samples), rampUp: test.page?.rampUp.milliseconds ?? 0),
      measurement.total.count > 0
    else {
      throw CommandError(
        "load.no-samples", "\(title): nothing was asked after the ramp-up",
        help: "a longer `duration`, or a plan with requests")
    }
    var result = LoadResult(
      measurement, of: test, customer: plan.customer, target: target, load: load, tool: tool)
    if test.budgets.regression != nil, baseline == nil {
      notes.append("there is no good result of this load to compare with yet")
    }
    result.checks = LoadCheck.all(result, test, baseline: baseline)
    try folder.keep()
    try folder.write(result)
    await releases.keep(result, &notes)
    return Outcome(result: result, folder: folder, notes: notes)
  }

  /// Before many ask, one does: what does not answer it is no load.
  private func check(_ test: LoadTestPlan, _ target: LoadTarget) async throws {
    let url = target.address.scheme + "://" + target.address.authority + target.prefix + (test.page?.path ?? "/")
    switch await PageRequest(url, curl: context.tool("curl")).answer() {
    case .none(let reason):
      throw CommandError(
        "load.unreachable", "\(url) gives no page: \(reason)", help: "is it up? `kiln verify` says more")
    case .page(let status, _):
      guard test.page != nil, !(200..<300).contains(status) else { return }
      throw CommandError(
        "load.page", "\(url) answers \(status) before there is any load",
        help: "the `path` of a load test is a page that answers 200; redirects are not followed")
    }
  }
}

extension LoadTestPlan.Page {
  /// As in `50 users ask / for 60s`.
  var words: String {
    let speed = rate.map { " at \(LoadCheck.number($0)) requests per second" } ?? ""
    let rampUp = self.rampUp.milliseconds == 0 ? "" : " after a ramp-up of \(self.rampUp.text)"
    return "\(Phrase.count(users, "user")) \(users == 1 ? "asks" : "ask") \(path)\(speed) for \(duration.text)\(rampUp)"
  }
}
