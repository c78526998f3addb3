import Foundation
import KilnArtifacts
import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnPlan
import KilnProcesses
import KilnSpec
import SystemPackage

/// The workspace as it was: at a commit of Git's, or in another folder.
struct EarlierWorkspace: Sendable {
  let plans: [EnvironmentPlan]
  /// What changed in the sources of each customer's app since.
  let sources: [String: [String]]
  let notes: [String]

  /// - Parameter name: A folder with a `kiln.yaml`, or what Git takes for a commit.
  static func read(_ name: String, for now: LoadedWorkspace, _ options: WorkspaceOptions, _ context: CommandContext)
    async throws -> EarlierWorkspace
  {
    let folder = context.folder.pushing(FilePath(name)).lexicallyNormalized()
    if FileManager.default.fileExists(atPath: folder.appending("kiln.yaml").string) {
      let then = try context.read(folder, options, checkingFiles: false)
      return try EarlierWorkspace(folder: folder, plans: then.fleet, notes: notes(of: then), now: now, context)
    }
    let git = GitRepository(root: now.workspace.root, git: context.tool("git"))
    return try await read(commit: name, of: git, now: now, options, context)
  }

  private static func read(
    commit name: String, of git: GitRepository, now: LoadedWorkspace, _ options: WorkspaceOptions,
    _ context: CommandContext
  ) async throws -> EarlierWorkspace {
    let commit = try await git.commit(name)
    let place = FilePath(FileManager.default.temporaryDirectory.path).appending("kiln-since-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      atPath: place.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: place.string) }
    let root = try await git.extract(["kiln.yaml", "environments", "profiles", "components"], of: commit, to: place)
    guard FileManager.default.fileExists(atPath: root.appending("kiln.yaml").string) else {
      return EarlierWorkspace(plans: [], sources: [:], notes: ["there was no workspace in \(name): everything is new"])
    }
    var then = try context.read(root, options, checkingFiles: false)
    // Definitions copy files from anywhere in the workspace.
    if !then.missing.isEmpty {
      _ = try await git.extract(then.missing.sorted(), of: commit, to: place)
      then = try context.read(root, options, checkingFiles: false)
    }
    let changed = try await git.changes(since: commit)
    let top = try await git.top()
    var sources = AppSourceChanges(now.workspace, context: context)
    var found: [String: [String]] = [:]
    for plan in now.plans {
      found[plan.customer] = try sources.reasons(for: plan, among: changed, below: top)
    }
    return EarlierWorkspace(plans: then.fleet, sources: found, notes: notes(of: then) + sources.notes)
  }

  private init(plans: [EnvironmentPlan], sources: [String: [String]], notes: [String]) {
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
    var found: [String: [String]] = [:]
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

/// The repository that a workspace is in.
struct GitRepository: Sendable {
  let root: FilePath
  let git: Tool

  struct Failure: CommandErrorConvertible {
    let message: String
    var help = "--since takes a commit, as in main or HEAD~1, or another workspace's folder"

    var commandError: CommandError { CommandError("since.commit", message, help: help) }
  }

  private func run(_ arguments: [String], environment: [String: String] = [:], _ what: String) async throws -> String {
    // Nothing of the user's settings or the repository's hooks changes what is read.
    let fixed = ["-C", root.string, "-c", "core.quotePath=false", "-c", "core.hooksPath=/dev/null"]
    let result = try await git.output(
      fixed + arguments, environment: environment.merging(["LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"]) { one, _ in one })
    guard result.isSuccess else {
      let answer = result.error.split(separator: "\n").last.map { ": \(Relayed.safe(String($0)))" } ?? ""
      throw Failure(message: "git cannot \(what)\(answer)")
    }
    return result.output
  }

  func top() async throws -> FilePath {
    let output = try await run(["rev-parse", "--show-toplevel"], "find a repository at \(root)")
    return FilePath(output.trimmingCharacters(in: .newlines))
  }

  /// The commit's id.
  ///
  /// - Parameter name: What Git takes for a commit; with `...` after it, where the work on HEAD went off from it.
  func commit(_ name: String) async throws -> String {
    _ = try await top()
    let isBranchPoint = name.hasSuffix("...")
    let other = isBranchPoint ? String(name.dropLast(3)) : name
    var failure = Failure(
      message: isBranchPoint
        ? "there is no commit of the name \"\(other)\""
        : "there is neither a workspace in the folder \"\(name)\" nor a commit of that name")
    do {
      let commit = try await run(["rev-parse", "--verify", "--end-of-options", "\(other)^{commit}"], "find \(other)")
        .trimmingCharacters(in: .newlines)
      guard isBranchPoint else { return commit }
      failure = Failure(message: "HEAD and \"\(other)\" have no commit in common")
      return try await run(["merge-base", commit, "HEAD"], "compare").trimmingCharacters(in: .newlines)
    } catch is Failure {
      if (try? await run(["rev-parse", "--is-shallow-repository"], "look"))?.hasPrefix("true") == true {
        failure.help =
          "this clone does not have its whole history: `git fetch --unshallow` (GitHub's checkout: `fetch-depth: 0`)"
      }
      throw failure
    }
  }

  /// Writes those of the workspace's `names` that the commit has below `place`.
  /// - Returns: Where the workspace's root then is.
  func extract(_ names: [String], of commit: String, to place: FilePath) async throws -> FilePath {
    let prefix = try await run(["rev-parse", "--show-prefix"], "find the workspace").trimmingCharacters(in: .newlines)
    let tree = place.appending("tree")
    try FileManager.default.createDirectory(atPath: tree.string, withIntermediateDirectories: true)
    let index = ["GIT_INDEX_FILE": place.appending("index").string, "GIT_LITERAL_PATHSPECS": "1"]
    let listed = try await run(
      ["ls-tree", "-z", "--name-only", "--full-tree", commit, "--"] + names.map { prefix + $0 },
      environment: ["GIT_LITERAL_PATHSPECS": "1"], "list the commit")
    let there = listed.split(separator: "\0").map(String.init)
    if !there.isEmpty {
      let top = try await top()
      _ = try await run(
        ["-C", top.string, "--work-tree=\(tree.string)", "checkout", commit, "--"] + there, environment: index,
        "read the commit")
    }
    return prefix.isEmpty ? tree : tree.pushing(FilePath(prefix)).lexicallyNormalized()
  }

  /// Paths, from the repository's top, of files that differ from the commit's, those that Git does not know yet too.
  func changes(since commit: String) async throws -> [String] {
    let top = try await top().string
    let changed = try await run(
      ["-C", top, "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", commit, "--"], "compare")
    let new = try await run(["-C", top, "ls-files", "--others", "--exclude-standard", "-z"], "list new files")
    return (changed + new).split(separator: "\0").map(String.init)
  }
}

/// Changes in the files of apps, as far as they get into a context.
struct AppSourceChanges {
  private let root: FilePath
  private let containment: Containment
  private let context: CommandContext
  private(set) var notes: [String] = []
  /// By folder: customers share sources.
  private var known: [FilePath: String?] = [:]
  private var outside: Set<FilePath> = []

  init(_ workspace: Workspace, context: CommandContext) {
    root = workspace.root
    containment = workspace.containment
    self.context = context
  }

  private func folders(_ plan: EnvironmentPlan) -> [FilePath] {
    guard let app = plan.spec.app else { return [] }
    return ([app.source] + app.overlays).map(\.value)
  }

  /// - Parameter changed: Paths from `top`.
  mutating func reasons(for plan: EnvironmentPlan, among changed: [String], below top: FilePath) throws -> [String] {
    try folders(plan).compactMap { folder in
      if let answer = known[folder] { return answer }
      let absolute = root.pushing(folder).lexicallyNormalized()
      var answer: String?
      let real = FilePath(URL(filePath: absolute.string).resolvingSymlinksInPath().path)
      if let prefix = Self.relative(real, to: top) {
        let ignore = try context.ignore(absolute, within: containment)
        let files = changed.filter { path in
          // A submodule is told by its own path.
          if prefix == path || prefix.hasPrefix(path + "/") { return true }
          guard prefix.isEmpty || path.hasPrefix(prefix + "/") else { return false }
          let name = prefix.isEmpty ? path : String(path.dropFirst(prefix.count + 1))
          return (try? ignore.verdict(on: Array(name.utf8)).isExcluded) != true
        }
        answer = Self.text(files.map { String($0.dropFirst(prefix.isEmpty ? 0 : prefix.count + 1)) }, folder)
      } else if outside.insert(folder).inserted {
        notes.append("\(folder) is not in this repository: changes in it are not known")
      }
      known[folder] = .some(answer)
      return answer
    }
  }

  /// Compares with the files of another workspace.
  mutating func reasons(for plan: EnvironmentPlan, against past: EnvironmentPlan, in other: FilePath) throws -> [String]
  {
    try zip(folders(plan), folders(past)).compactMap { folder, before in
      if let answer = known[folder] { return answer }
      let new = try digests(root.pushing(folder).lexicallyNormalized(), within: containment)
      let old = try digests(other.pushing(before).lexicallyNormalized(), within: Containment(root: other))
      let files = Set(new.keys).union(old.keys).filter { new[$0] != old[$0] }.sorted()
      let answer = Self.text(files, folder)
      known[folder] = .some(answer)
      return answer
    }
  }

  private func digests(_ folder: FilePath, within containment: Containment) throws -> [String: String] {
    let source = ContextSource(folder: folder, ignore: try context.ignore(folder, within: containment))
    var found: [String: String] = [:]
    for entry in try ContextPacker.list(source).entries {
      switch entry.kind {
      case .directory: continue
      // A link is what it says, as in the image; what it leads to is elsewhere.
      case .symbolicLink(let target): found[entry.name] = "-> \(String(decoding: target, as: UTF8.self))"
      case .file, .contents:
        let path = folder.pushing(FilePath(entry.name))
        found[entry.name] = ContentDigest(of: try RegularFile.read(path, limit: .max, following: .refused)).hex
      }
    }
    return found
  }

  private static func relative(_ path: FilePath, to top: FilePath) -> String? {
    if path == top { return "" }
    guard path.starts(with: top) else { return nil }
    return String(path.string.dropFirst(top.string.hasSuffix("/") ? top.string.count : top.string.count + 1))
  }

  private static func text(_ files: [String], _ folder: FilePath) -> String? {
    guard let first = files.sorted().first else { return nil }
    switch files.count {
    case 1: return "\(folder): \(first) changed"
    case 2: return "\(folder): \(first) and another file changed"
    case let count: return "\(folder): \(first) and \(count - 1) other files changed"
    }
  }
}
