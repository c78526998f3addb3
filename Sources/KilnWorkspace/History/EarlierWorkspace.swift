import KilnArtifacts
package import KilnConsole
import KilnContext
import KilnDiagnostics
package import KilnFleet
package import KilnPlan
package import KilnProcesses
import KilnSpec
import SystemPackage

/// The workspace as it was: at a commit of Git's, or in another folder.
package struct EarlierWorkspace: Sendable {
  package let plans: [EnvironmentPlan]
  /// What changed in the sources of each customer's apps since; by customer and app.
  package let sources: [String: [String: [String]]]
  package let notes: [String]

  /// What has changed since then.
  /// - Parameter customers: Only these; all where there is none.
  package static func change(
    since name: String, for now: LoadedWorkspace, customers: Set<String>, _ workers: Workers, _ context: CommandContext
  ) async throws -> FleetChange {
    let earlier = try await read(name, for: now, workers, context)
    let past = earlier.plans.filter { customers.isEmpty || customers.contains($0.customer) }
    return FleetChange(from: past, to: now.plans, since: name, sources: earlier.sources, notes: earlier.notes)
  }

  /// - Parameter name: A folder with a `kiln.yaml`, which begins with `/`, `./` or `../`; else what Git takes for a commit. A
  ///   folder that somebody committed under a branch's name must not take its place.
  package static func read(_ name: String, for now: LoadedWorkspace, _ workers: Workers, _ context: CommandContext)
    async throws -> EarlierWorkspace
  {
    if ["/", "./", "../"].contains(where: { name.hasPrefix($0) }) || [".", ".."].contains(name) {
      let folder = context.folder.pushing(FilePath(name)).lexicallyNormalized()
      guard folder.appending("kiln.yaml").isThere else {
        throw CommandError("since.folder", "there is no workspace in the folder \"\(name)\"")
      }
      let then = try context.read(folder, workers, checkingFiles: false)
      return try EarlierWorkspace(folder: folder, plans: then.fleet, notes: notes(of: then), now: now, context)
    }
    let git = GitRepository(root: now.workspace.root, git: context.tool("git"))
    return try await read(commit: name, of: git, now: now, workers, context)
  }

  private static func read(
    commit name: String, of git: GitRepository, now: LoadedWorkspace, _ workers: Workers,
    _ context: CommandContext
  ) async throws -> EarlierWorkspace {
    let commit = try await git.commit(name)
    let place = try FilePath.privateFolder("kiln-since")
    defer { place.removeAll() }
    let root = try await git.extract(
      ["kiln.yaml", WorkspaceLayout.lockName, "environments", "profiles", "components"], of: commit, to: place)
    guard root.appending("kiln.yaml").isThere else {
      return EarlierWorkspace(plans: [], sources: [:], notes: ["there was no workspace in \(name): everything is new"])
    }
    var then = try context.read(root, workers, checkingFiles: false)
    // Definitions copy files from anywhere in the workspace.
    if !then.missing.isEmpty {
      _ = try await git.extract(then.missing.sorted(), of: commit, to: place)
      then = try context.read(root, workers, checkingFiles: false)
    }
    let changed = try await git.changes(since: commit)
    let top = try await git.top()
    var sources = AppSourceChanges(now.workspace, context: context)
    var found: [String: [String: [String]]] = [:]
    for plan in now.plans {
      found[plan.customer] = try sources.reasons(for: plan, among: changed, below: top)
    }
    return EarlierWorkspace(plans: then.fleet, sources: found, notes: notes(of: then) + sources.notes)
  }

  private init(plans: [EnvironmentPlan], sources: [String: [String: [String]]], notes: [String]) {
    self.plans = plans
    self.sources = sources
    self.notes = notes
  }

  /// Compares the files of apps with those of the other folder.
  private init(
    folder: FilePath, plans: [EnvironmentPlan], notes: [String], now: LoadedWorkspace, _ context: CommandContext
  ) throws {
    self.plans = plans
    self.notes = notes
    var sources = AppSourceChanges(now.workspace, context: context)
    var found: [String: [String: [String]]] = [:]
    for plan in now.plans {
      guard let past = plans.first(where: { $0.customer == plan.customer }) else { continue }
      found[plan.customer] = try sources.reasons(for: plan, against: past, in: folder)
    }
    self.sources = found
  }

  /// What another version has of errors.
  private static func notes(of loaded: LoadedWorkspace) -> [String] {
    let bad = Set(loaded.problems.filter { $0.severity == .error }.map { $0.location?.file ?? "" }).sorted()
    return bad.isEmpty ? [] : ["not read in the earlier version, for their errors: \(bad.joined(separator: ", "))"]
  }
}
