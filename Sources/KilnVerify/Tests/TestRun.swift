import KilnArtifacts
package import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
package import KilnHTTP
package import KilnPlan
import KilnProcesses
import KilnSpec
package import KilnWorkspace
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Runs a customer's tests in an environment of their own, of the very images that are released, and removes it.
package struct TestRun: Sendable {
  package let plan: EnvironmentPlan
  package let loaded: LoadedWorkspace
  /// Names; empty for all.
  package let names: [String]
  /// Seconds until the environment and helpers must be well.
  package let timeout: Int
  /// Whether the environment stays to be looked at.
  package let isKeeping: Bool
  /// A deployment that is tested in place of an environment of their own; nil for that.
  package let address: HTTPAddress?
  package let isQuiet: Bool
  package let context: CommandContext

  package init(
    plan: EnvironmentPlan, loaded: LoadedWorkspace, names: [String], timeout: Int, isKeeping: Bool, isQuiet: Bool,
    address: HTTPAddress? = nil, _ context: CommandContext
  ) {
    self.address = address
    self.plan = plan
    self.loaded = loaded
    self.names = names
    self.timeout = timeout
    self.isKeeping = isKeeping
    self.isQuiet = isQuiet
    self.context = context
  }

  private var customer: String { plan.customer }
  private var root: FilePath { loaded.workspace.root }
  private func tell(_ text: String) { if !isQuiet { context.console.error(text + "\n") } }

  /// The tests that are meant, in the order of the spec.
  private func chosen() throws -> [EnvironmentSpec.Test] {
    let tests = plan.spec.tests
    guard !tests.isEmpty else {
      throw CommandError(
        "test.none", "\(customer) has no tests", help: "describe them under `tests`; docs/tests.md says how")
    }
    let known = tests.map(\.name.value)
    if let name = names.first(where: { !known.contains($0) }) {
      throw CommandError(
        "test.name", "\(customer) has no test \"\(Relayed.safe(name))\"",
        help: nearest(to: name, among: known).map { "did you mean \"\($0)\"?" } ?? "there are: \(Phrase.list(known))")
    }
    return names.isEmpty ? tests : tests.filter { names.contains($0.name.value) }
  }

  /// - Returns: Once everything that was started is gone again.
  package func run() async throws -> TestReport {
    let tests = try chosen()
    guard let compose = Generator().compose(of: plan), let testCompose = Generator().testCompose(of: plan) else {
      throw CommandError(
        "up.nothing", "\(customer) has neither an app nor services", help: "give its spec an `app` or `services`")
    }
    let helpers = Set(tests.flatMap(\.needs).map(\.value))
    let services = helpers.union(tests.map(\.service))
    let own = plan.testSecrets.filter { services.contains($0.service) }
    let secrets = address == nil ? plan.localSecrets + own : own
    let values = try SecretFiles.values(of: secrets, in: plan, context)
    if let address, address.isLoopback {
      throw CommandError(
        "test.url", "\(address.authority) is each test's own container there, and not this machine",
        help: "name an address that containers reach")
    }
    try await context.docker.check()
    let project = try await TestProject.make(for: customer, root: root, context)
    do {
      let images = try await images(of: services)
      var start = EnvironmentStart(
        plan: plan, environment: project.environment, compose: Array(compose.utf8), images: images, secrets: values,
        isFollowing: false, timeout: timeout, isQuiet: isQuiet)
      let report = try await examine(tests, testCompose, &start, project)
      await end(project)
      return report
    } catch {
      // What went wrong first is what is told, also where the engine is gone.
      try? await saveLogs(project)
      await end(project)
      // It would be a failure of what was stopped.
      if Interruption.count > 0 { throw Interruption.Failure() }
      throw Self.withoutAdvice(error, folder: shownFolder)
    }
  }

  /// Builds what is missing of the environment and of what tests run beside it, and fetches what Kiln does not build.
  private func images(of services: Set<String>) async throws -> [BuiltImage] {
    let builder = EnvironmentBuild(
      engine: context.docker, root: root, time: try context.sourceDate(), isPushing: false, isForced: false,
      isQuiet: isQuiet, context: context)
    var built: [BuiltImage] = []
    // A deployment has images of its own.
    let all = (address == nil ? [(plan, nil)] : []) + (plan.testing.map { [($0, services)] } ?? [])
    for (plan, wanted) in all {
      let images = try loaded.images(of: plan)
      built += try await builder.build(
        images.filter { image in !image.isRuntime && (wanted?.contains(image.name) ?? true) }, of: plan, known: built,
        on: images.filter(\.isRuntime))
    }
    for workload in plan.testWorkloads where services.contains(workload.name) {
      guard case .fixed(let reference) = workload.image else { continue }
      let name = reference.description
      guard try await context.docker.id(of: name) == nil else { continue }
      tell("\(customer)/\(workload.name): fetching \(name)")
      let words = OutputTail()
      let code = try await context.docker.tool.stream(["pull", name]) { words.add($0) }
      try Interruption.check()
      guard code == 0 else {
        throw CommandError(
          "test.image", "the image \(name) of \(workload.name) could not be fetched",
          details: words.text.split(separator: "\n").suffix(5).map { Relayed.safe(String($0)) })
      }
    }
    return built
  }

  private func examine(
    _ tests: [EnvironmentSpec.Test], _ own: String, _ start: inout EnvironmentStart, _ project: TestProject
  ) async throws -> TestReport {
    if let address {
      tell("\(customer): testing \(address.text)")
      try await start.prepare()
    } else {
      tell("\(customer): starting the environment \(project.name)")
      _ = try await start.run(ports: [:], objects: [])
    }
    let folder = project.environment.folder.path
    let files = [folder.appending("compose.tests.yaml"), folder.appending("compose.tests.local.yaml")]
    try FileReplacement.replace([
      .init(path: files[0], bytes: Array(own.utf8)),
      .init(path: files[1], bytes: Array(TestCompose(plan: plan, root: root, run: project.name).text.utf8)),
    ])
    let runner = TestContainers(
      plan: plan, environment: project.environment, files: start.files + files, variables: start.variables,
      address: address?.text, mask: mask, timeout: timeout, isQuiet: isQuiet, context: context)
    if address == nil { try await seed(runner) }
    var results: [TestReport.Result] = []
    for test in tests {
      try Interruption.check()
      let target = try project.environment.folder.folder("results")
      let result = try await runner.run(test, into: target)
      try Interruption.check()
      try place(target, as: test.name.value)
      results.append(result)
    }
    try await saveLogs(project)
    return TestReport(customer: customer, results: results, folder: shownFolder)
  }

  private var mask: SecretMask {
    SecretMask(of: plan, in: context.environment, besides: plan.testSecrets.map(\.use.variable))
  }

  /// Puts data into the environment.
  private func seed(_ runner: TestContainers) async throws {
    guard let seed = plan.spec.seed, let app = seed.app.flatMap({ plan.app(named: $0.value) }) ?? plan.apps.first else {
      return
    }
    tell("\(customer)/\(app.name): seeding")
    let words = OutputTail()
    let code = try await runner.project.run(
      app.name, command: seed.command.value, as: app.spec.user.value, files: runner.files,
      environment: runner.variables, isShown: !isQuiet, mask: mask, tail: words)
    try Interruption.check()
    guard code == 0 else {
      throw CommandError(
        "test.seed", "`seed` failed with exit code \(code): no test was run",
        details: isQuiet ? words.text.split(separator: "\n").suffix(15).map { mask.relayed(String($0)) } : [])
    }
  }

  // MARK: What stays

  private var folder: FilePath { WorkspaceLayout(root).tests(of: customer) }
  private var shownFolder: FilePath { WorkspaceLayout.relative.tests(of: customer) }

  /// Puts a folder of results in place of the last run's.
  private func place(_ results: FilePath, as name: String) throws {
    try UnlinkedFolder.make(folder, below: root)
    let target = folder.appending(name)
    // Two runs may end at once: each has its own beside it, and the last one stays.
    func move() -> Bool {
      results.withPlatformString { from in target.withPlatformString { rename(from, $0) } } == 0
    }
    if move() { return }
    target.removeAll()
    guard move() else { throw FileSystemError("replace the folder", target, Errno(rawValue: errno)) }
  }

  /// What the environment's containers printed.
  private func saveLogs(_ project: TestProject) async throws {
    let results = try project.environment.folder.folder("logs")
    let own = Set(plan.testWorkloads.map(\.name))
    for container in try await EngineContainer.all(of: project.name, on: context.docker.tool)
    where !own.contains(container.service) {
      try await TestContainers.saveLog(
        of: container.id, to: results.appending("\(container.service).log"), mask: mask, context)
    }
    try place(results, as: Self.logs)
  }

  /// No test is called so: its results would be there.
  private static let logs = "logs"

  /// What could not be removed goes with the next run: no reason to lose what tests gave.
  private func end(_ project: TestProject) async {
    guard isKeeping, Interruption.count == 0 else {
      do { try await project.remove() } catch let error as any CommandErrorConvertible {
        context.console.note(
          error.commandError.asWarning("\(project.name) is not all removed; the next `kiln test \(customer)` does it"))
      } catch {
        context.console.error("warning: \(project.name) is not all removed: \(error)\n")
      }
      return
    }
    project.keep()
    context.console.error(
      "note: \(project.name) stays up: `docker compose --project-name \(project.name) ps` lists it; the next `kiln test \(customer)` removes it\n"
    )
  }

  /// The environment's own advice is to look at what is gone by now.
  private static func withoutAdvice(_ error: any Error, folder: FilePath) -> any Error {
    guard let error = error as? any CommandErrorConvertible else { return error }
    let own = error.commandError
    guard own.diagnostics.contains(where: { $0.id.hasPrefix("up.") }),
      own.diagnostics.allSatisfy({ $0.id != "up.secret" })
    else { return own }
    let diagnostics = own.diagnostics.map {
      $0.id == "up.job" ? Diagnostic($0.id, $0.message, details: $0.details) : $0
    }
    return CommandError(
      diagnostics, kind: own.kind, hints: ["\(folder)/\(logs) has what its containers printed"],
      sources: own.sources)
  }
}
