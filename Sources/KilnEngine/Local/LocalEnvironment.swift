import KilnArtifacts
package import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnGeneration
import KilnProcesses
import KilnSpec
import KilnWorkspace
package import SystemPackage

/// A customer's environment on this machine, of this workspace: what is known of it, and what is its own on the engine.
package struct LocalEnvironment: Sendable {
  package let customer: String
  package let identity: WorkspaceIdentity
  package private(set) var folder: LocalFolder
  /// Names the run of tests that it is for; nil for one that stays.
  package private(set) var run: String?
  package var state: LocalState
  package let context: CommandContext

  package init(_ customer: String, root: FilePath, _ context: CommandContext) throws {
    guard !customer.isEmpty, customer.utf8.allSatisfy(Self.isOfName), customer.utf8.first != UInt8(ascii: "-") else {
      throw CommandError(
        "input.customer", "\"\(Relayed.safe(customer))\" is no customer",
        help: "a customer's name has small letters, digits and hyphens")
    }
    self.customer = customer
    identity = WorkspaceIdentity(root: root)
    folder = LocalFolder(root, customer)
    state = LocalState(readingFrom: folder)
    self.context = context
  }

  /// The environment of a run of tests, which is the Compose project `run`.
  package init(_ customer: String, run: String, root: FilePath, _ context: CommandContext) throws {
    try self.init(customer, root: root, context)
    folder = LocalFolder(root, customer, run: run)
    state = LocalState(readingFrom: folder)
    state.project = run
    self.run = run
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
    default: false
    }
  }

  package var project: ComposeProject {
    ComposeProject(customer: customer, name: state.project ?? customer, context: context)
  }

  /// Waits for other commands that start or remove the same environment.
  package func lock() async throws -> EnvironmentLock {
    try folder.make()
    return try await EnvironmentLock.wait(for: folder.path.appending("up.lock")) { holder in
      context.console.error(
        "note: another kiln \(holder.map { "(process \($0)) " } ?? "")starts or removes \(customer): waiting for it\n")
    }
  }

  package func isOwn(_ object: EngineObject) -> Bool {
    object.workspace == identity.id || state.adopted.contains(object.workspace)
  }

  /// Everything of the project; stops where something is another workspace's or not Kiln's at all.
  /// - Parameter volumes: Volumes that the project will have.
  @discardableResult
  package func ownObjects(volumes: [String] = []) async throws -> [EngineObject] {
    let objects = try await EngineObject.all(of: project.name, volumes: volumes, on: context.docker.tool)
    let foreign = objects.filter { !isOwn($0) }
    guard let first = foreign.first else { return objects }
    let what = Phrase.some(foreign.map(\.text), limit: 5)
    let isKilns = foreign.contains { !$0.workspace.isEmpty }
    let owner =
      isKilns
      ? "belongs to the workspace \(Relayed.safe(foreign.first { !$0.root.isEmpty }?.root ?? first.workspace))"
      : "is a Compose project that is not Kiln's"
    let adoption =
      "; `kiln up \(customer) --adopt` takes it over if that workspace was moved here or no longer exists"
    throw CommandError(
      "local.foreign", "on this engine, \(project.name) \(owner): \(what)",
      help: "`kiln up \(customer) --project \(customer)-2` runs this workspace's environment beside it"
        + (isKilns ? adoption : ""))
  }

  /// The ids of Kiln's workspaces that have a part of the project.
  package func otherWorkspaces(volumes: [String]) async throws -> [String] {
    let objects = try await EngineObject.all(of: project.name, volumes: volumes, on: context.docker.tool)
    return Set(objects.filter { !isOwn($0) && !$0.workspace.isEmpty }.map(\.workspace)).sorted()
  }

  /// The folders with secrets that the project's containers have, which `dist` may have been removed under.
  package func secretFolders() async throws -> Set<String> {
    let docker = context.docker.tool
    let containers = try await docker.output([
      "ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=\(project.name)",
    ])
    let ids = containers.output.split(separator: "\n").map(String.init)
    guard !ids.isEmpty else { return [] }
    let format = "{{range .Mounts}}{{println .Source}}{{end}}"
    let mounts = try await docker.output(["inspect", "--format", format] + ids)
    return Set(mounts.output.split(separator: "\n").compactMap { SecretFiles.folderName(ofFile: String($0)) })
  }

  /// The project's containers; stops as `ownObjects` does.
  package func containers() async throws -> [EngineContainer] {
    try await ownObjects()
    return try await EngineContainer.all(of: project.name, on: context.docker.tool)
  }
}
