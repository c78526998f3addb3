import Foundation
import KilnConsole
import KilnDeploy
import KilnDiagnostics
import KilnProcesses
import KilnTesting
import KilnWorkspace
import Synchronization
import SystemPackage
import Testing

@testable import KilnMachines

/// Azure as far as Kiln asks it: `Tests/FakeAzure/az` on the PATH, with a folder of its own.
struct FakeAzure {
  let folder: URL
  let workspace: URL

  /// - Parameter files: Of the workspace, besides `kiln.yaml` and the app's sources.
  init(in parent: URL, _ files: [String: String]) throws {
    folder = parent.appending(path: "azure")
    workspace = parent.appending(path: "workspace")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var all = files
    all["kiln.yaml"] = "version: 1\n"
    all["src/index.html"] = "hello\n"
    try write(all, in: workspace)
  }

  /// What commands get.
  func context(_ more: [String: String] = [:]) -> RecordedContext {
    var environment = ProcessInfo.processInfo.environment
    environment["ARM_SUBSCRIPTION_ID"] = "11111111-2222-3333-4444-555555555555"
    for name in ["ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_TENANT_ID"] { environment[name] = nil }
    environment.merge(more) { $1 }
    return RecordedContext(workspace, environment: environment, processes: Processes(folder: folder))
  }

  /// This machine's programs, and in place of `az` its stand-in.
  private struct Processes: ProcessRunner {
    let folder: URL
    private let system = SystemProcesses()

    init(folder: URL) { self.folder = folder }

    private static let program = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "FakeAzure/az").path

    /// The interpreter itself: what is first on the PATH may be a wrapper, many times as slow to start.
    private static let python: String = {
      let process = Process()
      let output = Pipe()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = ["python3", "-c", "import sys; print(sys.executable)"]
      process.standardOutput = output
      guard (try? process.run()) != nil else { return "python3" }
      let path = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        .trimmingCharacters(in: .newlines)
      return path.isEmpty ? "python3" : path
    }()

    func output(_ invocation: Invocation) async throws -> Tool.Outcome {
      guard invocation.program == "az" else { return try await system.output(invocation) }
      return try await system.output(
        Invocation(
          "env", [Self.python, "-S", "-E", Self.program] + invocation.arguments,
          environment: invocation.environment.merging(["FAKE_AZURE": folder.path]) { $1 }, input: invocation.input,
          folder: invocation.folder, isShielded: invocation.isShielded, limit: invocation.limit))
    }

    func stream(
      _ invocation: Invocation, _ body: @Sendable @escaping (UnsafeRawBufferPointer) throws -> Void
    ) async throws -> Int32 { try await system.stream(invocation, body) }

    func redirected(
      _ invocation: Invocation, input: FileDescriptor?, output: FileDescriptor?, isShielded: Bool
    ) async throws -> Tool.Outcome {
      try await system.redirected(invocation, input: input, output: output, isShielded: isShielded)
    }

    func attached(_ invocation: Invocation) async throws -> Int32 { try await system.attached(invocation) }
  }

  func loaded(_ recorded: RecordedContext) throws -> LoadedWorkspace {
    let loaded = try recorded.context.load(workspace: workspace.path, customers: [], workers: Workers(count: 1))
    #expect(!loaded.problems.hasErrors, "\(loaded.problems)")
    return loaded
  }

  /// Time that passes when somebody waits.
  static func clock() -> DeployClock {
    let now = Mutex(1_800_000_000.0)
    return DeployClock(
      now: { now.withLock { $0 } },
      sleep: { seconds in
        // Heartbeats wait for as long as a test takes.
        if seconds > 40 {
          try? await Task.sleep(for: .seconds(3600))
        } else {
          now.withLock { $0 += seconds }
        }
      })
  }

  func deployment(
    _ recorded: RecordedContext, stage: String? = nil, from source: String? = nil, image: String? = nil,
    _ change: (inout DeployRun) -> Void = { _ in }
  ) throws -> MachineDeployment {
    var run = DeployRun(try loaded(recorded), stage: stage, recorded.context)
    change(&run)
    var deployment = MachineDeployment(run, from: source, image: image)
    deployment.clock = Self.clock()
    return deployment
  }

  // MARK: What a test says, and what it asks

  func say(_ name: String, _ text: String) throws {
    try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
  }

  /// Said instead of doing what the next call with `text` in its words asks for.
  func answer(_ text: String, error: String = "", output: String = "", code: Int32 = 1, times: Int = 1) throws {
    let file = folder.appending(path: "answers.json")
    var answers = (try? JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [[String: Any]]) ?? []
    answers.append(["match": text, "error": error, "output": output, "code": code, "times": times])
    try JSONSerialization.data(withJSONObject: answers).write(to: file)
  }

  /// The words of all calls.
  var calls: [String] {
    let text = (try? String(contentsOf: folder.appending(path: "calls.log"), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { line in
      (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String])?.joined(separator: " ")
    }
  }

  /// Everything that Azure keeps, as text.
  var kept: String {
    let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return files.sorted().compactMap { try? String(contentsOf: folder.appending(path: $0), encoding: .utf8) }.joined()
  }

  /// The machines of a scale set: the image of each, and how often it has started.
  func machines(_ set: String, in group: String) throws -> [(image: String, starts: Int)] {
    let data = try Data(contentsOf: folder.appending(path: "sets/\(group).json"))
    let sets = try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]]
    let machines = sets?[set]?["machines"] as? [[String: Any]] ?? []
    return try machines.map { machine in
      let model = machine["model"] as? String ?? "[]"
      let parts = try JSONSerialization.jsonObject(with: Data(model.utf8)) as? [Any]
      return (parts?.first as? String ?? "", machine["starts"] as? Int ?? 0)
    }
  }

  /// As autoscale does it.
  func scale(_ set: String, in group: String, to capacity: Int) throws {
    let file = folder.appending(path: "sets/\(group).json")
    var sets = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: [String: Any]] ?? [:]
    let machines = sets[set]?["machines"] as? [[String: Any]] ?? []
    sets[set]?["machines"] = (0..<capacity).map { index in
      var machine = machines[index % machines.count]
      machine["id"] = String(index)
      return machine
    }
    sets[set]?["capacity"] = capacity
    try JSONSerialization.data(withJSONObject: sets).write(to: file)
  }
}
