import KilnArtifacts
package import KilnConsole
import KilnContext
package import KilnPlan
package import KilnSpec
package import SystemPackage

/// Changes in the files of apps, as far as they get into a context.
package struct AppSourceChanges {
  private let root: FilePath
  private let containment: Containment
  private let context: CommandContext
  package private(set) var notes: [String] = []
  /// By folder: customers share sources.
  private var known: [FilePath: String?] = [:]
  private var outside: Set<FilePath> = []

  package init(_ workspace: Workspace, context: CommandContext) {
    root = workspace.root
    containment = workspace.containment
    self.context = context
  }

  private func folders(_ app: AppPlan) -> [FilePath] { ([app.spec.source] + app.spec.overlays).map(\.value) }

  /// By app.
  /// - Parameter changed: Paths from `top`.
  package mutating func reasons(
    for plan: EnvironmentPlan, among changed: [String], below top: FilePath
  ) throws -> [String: [String]] {
    var found: [String: [String]] = [:]
    for app in plan.allApps { found[app.name] = try reasons(for: app, among: changed, below: top) }
    return found
  }

  private mutating func reasons(for app: AppPlan, among changed: [String], below top: FilePath) throws -> [String] {
    try folders(app).compactMap { folder in
      if let answer = known[folder] { return answer }
      let absolute = root.pushing(folder).lexicallyNormalized()
      var answer: String?
      let real = Containment.real(absolute) ?? absolute
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

  /// Compares with the files of another workspace; by app.
  package mutating func reasons(
    for plan: EnvironmentPlan, against past: EnvironmentPlan, in other: FilePath
  ) throws -> [String: [String]] {
    var found: [String: [String]] = [:]
    for app in plan.allApps {
      guard let before = past.allApps.first(where: { $0.name == app.name }) else { continue }
      found[app.name] = try reasons(for: app, against: before, in: other)
    }
    return found
  }

  private mutating func reasons(for app: AppPlan, against past: AppPlan, in other: FilePath) throws -> [String] {
    try zip(folders(app), folders(past)).compactMap { folder, before in
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
    var source = ContextSource(folder: folder, ignore: try context.ignore(folder, within: containment))
    // As in the image.
    source.leavesPrivateOut = true
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
