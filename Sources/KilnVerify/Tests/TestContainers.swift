import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
import KilnPlan
import KilnProcesses
import KilnSpec
import SystemPackage

/// Runs tests as containers on the network of an environment that is up, each with the helpers that it needs.
struct TestContainers: Sendable {
  let plan: EnvironmentPlan
  let environment: LocalEnvironment
  let files: [FilePath]
  let variables: [String: String]
  /// What tests have as `KILN_URL` in place of the environment's own app.
  let address: String?
  let mask: SecretMask
  /// Seconds until helpers must be well.
  let timeout: Int
  let isQuiet: Bool
  let context: CommandContext

  var project: ComposeProject { environment.project }
  private var docker: Tool { context.docker.tool }

  /// The log of what a test printed, in its folder.
  private static let log = "output.log"

  /// - Parameter folder: Gets its log, its reports and its other files.
  func run(_ test: EnvironmentSpec.Test, into folder: FilePath) async throws -> TestReport.Result {
    let helpers = test.needs.map(\.value)
    if let failure = try await start(helpers, for: test) {
      try await stop(helpers, logs: folder)
      return TestReport.Result(name: test.name.value, failure: failure.message, seconds: 0, lines: failure.lines)
    }
    if !isQuiet { context.console.error("\(plan.customer)/\(test.name.value): running\n") }
    let clock = ContinuousClock.now
    let (code, isLate, words) = try await execute(test, log: folder.appending(Self.log))
    let seconds = Double(clock.duration(to: .now) / .milliseconds(1)) / 1000
    let container = name(of: test)
    var result = try await collect(test, from: container, into: folder, seconds: seconds) { problem in
      if isLate { return "it did not end within \(test.timeout.value.text)" }
      if code != 0 { return "exit code \(code)" + (problem.map { "; \($0)" } ?? "") }
      return problem
    }
    result.files.insert(FilePath(Self.log), at: 0)
    if result.failure != nil {
      result.lines = words.text.split(separator: "\n").suffix(15).map { mask.relayed(String($0)) }
    }
    _ = try await docker.output(["rm", "--force", "--volumes", container], isShielded: true)
    try await stop(helpers, logs: folder)
    return result
  }

  private func name(of test: EnvironmentSpec.Test) -> String { "\(project.name)-\(test.service)" }

  // MARK: Helpers

  /// - Returns: Why they are not well; nil where they are.
  private func start(
    _ helpers: [String], for test: EnvironmentSpec.Test
  ) async throws -> (message: String, lines: [String])? {
    guard !helpers.isEmpty else { return nil }
    let words = OutputTail()
    let code = try await project.stream(
      ["up", "--detach", "--no-deps", "--wait", "--wait-timeout", String(timeout)] + helpers, files: files,
      environment: variables, isShown: !isQuiet, tail: words)
    try Interruption.check()
    guard code != 0 else { return nil }
    let states = try await project.states().filter { helpers.contains($0.Service) && !$0.isWell }
    guard let ill = states.first else {
      return (
        "its helpers could not be started", words.text.split(separator: "\n").suffix(5).map { mask.relayed(String($0)) }
      )
    }
    let lines = try await project.lastLines(of: ill.Service).split(separator: "\n").suffix(15)
    return ("the helper \(ill.Service) \(ill.failure(within: timeout))", lines.map { mask.relayed(String($0)) })
  }

  /// Removes helpers and keeps what they printed.
  private func stop(_ helpers: [String], logs folder: FilePath) async throws {
    guard !helpers.isEmpty else { return }
    for container in try await EngineContainer.all(of: project.name, on: docker)
    where helpers.contains(container.service) {
      try await Self.saveLog(of: container.id, to: folder.appending("\(container.service).log"), mask: mask, context)
      _ = try await docker.output(["rm", "--force", "--volumes", container.id], isShielded: true)
    }
  }

  // MARK: The test

  /// - Returns: Its exit code, whether its time was over, and the last that it printed.
  private func execute(
    _ test: EnvironmentSpec.Test, log: FilePath
  ) async throws -> (code: Int32, isLate: Bool, words: OutputTail) {
    let tail = OutputTail()
    let file = try FileDescriptor.open(
      log, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: FilePermissions(rawValue: 0o644))
    defer { try? file.close() }
    let mask = mask
    let relay = RelayedOutput(edit: { mask.relayed($0) }) { bytes in bytes.withUnsafeBytes { try? file.writeWhole($0) }
    }
    let container = name(of: test)
    let elsewhere = address.map { ["--env", "KILN_URL=\($0)"] } ?? []
    let words = ["run", "--no-deps", "--no-TTY", "--name", container] + elsewhere + [test.service]
    let limit = test.timeout.value.milliseconds
    let (code, isLate) = try await withThrowingTaskGroup(of: Int32?.self) { group in
      group.addTask {
        try await project.plain(words, files: files, environment: variables) { bytes in
          relay.write(bytes)
          tail.add(bytes)
        }
      }
      group.addTask {
        try? await Task.sleep(for: .milliseconds(limit))
        return nil
      }
      var isLate = false
      while let ended = try await group.next() {
        if let code = ended {
          group.cancelAll()
          return (code, isLate)
        }
        isLate = true
        _ = try await docker.output(["kill", container], isShielded: true)
      }
      return (0, isLate)
    }
    relay.finish()
    return (code, isLate, tail)
  }

  // MARK: Its files

  /// - Parameter failure: Why the test failed, of what is wrong with its reports; nil for one that passed.
  private func collect(
    _ test: EnvironmentSpec.Test, from container: String, into folder: FilePath, seconds: Double,
    failure: (String?) -> String?
  ) async throws -> TestReport.Result {
    let inspection = try await docker.output(["inspect", "--format", "{{.Config.WorkingDir}}", container])
    // One that could not be made has left nothing.
    guard inspection.isSuccess else { return .init(name: test.name.value, failure: failure(nil), seconds: seconds) }
    let workdir = inspection.output.trimmed.isEmpty ? "/" : inspection.output.trimmed
    let scratch = environment.folder.path.appending("scratch")
    let source = TestFiles(
      docker: docker, shell: context.tool("sh"), container: container, scratch: scratch)
    var (found, cases, skipped): ([FilePath], Int, Int) = ([], 0, 0)
    var (failed, messages, problems): ([String], [String], [String]) = ([], [], [])
    for pattern in test.reports {
      let reports: [FilePath]
      do { reports = try await source.collect(.init(pattern.value), below: workdir, to: folder) } catch let error
        as TestFiles.Failure
      {
        problems.append("its reports \(pattern.value) could not be copied: \(error.reason)")
        continue
      }
      if reports.isEmpty { problems.append("it left no report \(pattern.value)") }
      for report in reports {
        do throws(JUnitFile.Problem) {
          let bytes = (try? RegularFile.read(folder.pushing(report), limit: 64 << 20, following: .refused)) ?? []
          let file = try JUnitFile(bytes)
          cases += file.cases
          skipped += file.skipped
          failed += file.failed.map { mask.relayed($0.name) }
          messages += file.failed.map { mask.relayed($0.text) }
        } catch {
          problems.append("its report \(Relayed.safe(report.string)) is not JUnit's XML: \(error.message)")
        }
      }
      found += reports
    }
    for pattern in test.artifacts {
      do { found += try await source.collect(.init(pattern.value), below: workdir, to: folder) } catch let error
        as TestFiles.Failure
      {
        problems.append("\(pattern.value) could not be copied: \(error.reason)")
      }
    }
    if !failed.isEmpty {
      problems.insert("\(failed.count) of \(cases) cases failed: \(Phrase.some(messages, limit: 3))", at: 0)
    }
    return TestReport.Result(
      name: test.name.value, failure: failure(problems.isEmpty ? nil : problems.joined(separator: "; ")),
      seconds: seconds, cases: cases, failedCases: failed, skipped: skipped, files: found)
  }

  /// What a container printed, without values of secrets.
  static func saveLog(of container: String, to path: FilePath, mask: SecretMask, _ context: CommandContext) async throws
  {
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: FilePermissions(rawValue: 0o644))
    defer { try? file.close() }
    let relay = RelayedOutput(edit: { mask.relayed($0) }) { bytes in bytes.withUnsafeBytes { try? file.writeWhole($0) }
    }
    defer { relay.finish() }
    _ = try await context.docker.tool.stream(["logs", container]) { relay.write($0) }
  }
}
