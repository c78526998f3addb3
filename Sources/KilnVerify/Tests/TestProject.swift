import KilnArtifacts
import KilnConsole
import KilnEngine
import KilnGeneration
import KilnProcesses
import KilnSpec
import SystemPackage

/// The environment of one run of a customer's tests: a Compose project of a name that no other has, with networks, volumes
/// and containers of its own.
struct TestProject {
  let environment: LocalEnvironment
  private let lock: EnvironmentLock

  private static let mark = "-test-"

  var name: String { environment.project.name }

  /// Takes a new name, and removes what runs of these tests left that were killed, or kept.
  static func make(for customer: String, root: FilePath, _ context: CommandContext) async throws -> TestProject {
    let runs = WorkspaceLayout(root).testRuns(of: customer)
    try UnlinkedFolder.make(runs, below: root)
    // Nobody may take a run for dead that has no lock yet.
    let gate = try await EnvironmentLock.wait(for: runs.appending("lock")) { _ in }
    defer { gate.release() }
    try await removeRemains(of: customer, in: runs, root, context)
    let digits = String(LocalState.random().prefix(8))
    let environment = try LocalEnvironment(customer, run: customer + mark + digits, root: root, context)
    return TestProject(environment: environment, lock: try await environment.lock())
  }

  private static func removeRemains(
    of customer: String, in runs: FilePath, _ root: FilePath, _ context: CommandContext
  ) async throws {
    let id = WorkspaceIdentity(root: root).id
    var names = Set(((try? runs.names()) ?? []).filter { isName($0, of: customer) })
    for kind in EngineRemains.kinds {
      names.formUnion(
        try await EngineRemains.runs(of: kind, workspace: id, on: context.docker.tool).filter {
          isName($0, of: customer)
        })
    }
    for name in names.sorted() {
      let remains = try LocalEnvironment(customer, run: name, root: root, context)
      // What it leads to is somebody else's.
      if remains.folder.path.isLink { remains.folder.path.removeAll() }
      if remains.folder.path.isFolder {
        guard case .taken(let lock) = try EnvironmentLock.attempt(remains.folder.path.appending("up.lock")) else {
          continue
        }
        try await remains.removeEverything()
        lock.release()
      } else {
        try await remains.removeEverything()
      }
    }
  }

  private static func isName(_ text: String, of customer: String) -> Bool {
    let start = customer + mark
    guard text.hasPrefix(start) else { return false }
    let digits = text.dropFirst(start.count)
    return digits.utf8.count == 8 && digits.allSatisfy { $0.isASCII && $0.isHexDigit }
  }

  /// Removes all of it, also when the user has interrupted the command.
  func remove() async throws {
    try await environment.removeEverything()
    lock.release()
  }

  /// Leaves it up; the next run removes it.
  func keep() { lock.release() }
}
