/// Folders below an app's in its container that another account than root may change, the outermost ones.
///
/// That account may exchange what is in them at any moment, also for a link that leads elsewhere. So what goes there is
/// written as the account itself, which cannot do by it what it could not do anyway. What is not below one of them only
/// root could have exchanged.
struct ForeignFolders: Sendable, Equatable {
  /// Of root's own and unchangeable by others, down to the first that is not. Links are not followed.
  static let command = [
    "find", ".", "-xdev", "-type", "d", "(", "!", "-user", "0", "-o", "-perm", "/022", ")", "-prune", "-printf",
    #"%U:%G %P\0"#,
  ]

  private struct Folder: Equatable {
    /// Relative to the app's folder; empty for that itself.
    let path: [UInt8]
    /// As `docker exec --user` takes it.
    let account: String
  }

  private let folders: [Folder]

  /// The same for the folders on the way to the app's, its own included; a link on the way counts as foreign.
  static func command(onTheWayTo workdir: String) -> [String] {
    var way = ["/"]
    for name in workdir.split(separator: "/") { way.append((way.last == "/" ? "/" : (way.last ?? "") + "/") + name) }
    return ["find"] + way + [
      "-maxdepth", "0", "(", "-type", "l", "-o", "!", "-user", "0", "-o", "-perm", "/022", ")", "-printf",
      #"%U:%G %p\0"#,
    ]
  }

  /// Where a folder on the way is foreign, everything is written as who may change it; nil where only root may.
  /// - Parameter way: What `command(onTheWayTo:)` printed.
  init?(onTheWay way: String) {
    guard let first = ForeignFolders(listing: way).folders.first else { return nil }
    folders = [Folder(path: [], account: first.account)]
  }

  /// - Parameter listing: What `command` printed.
  init(listing: String) {
    folders = listing.split(separator: "\0").compactMap { line in
      guard let space = line.firstIndex(of: " ") else { return nil }
      let owner = line[..<space]
      // A folder of root's that others may change: as one of those others, who have no account's rights.
      let account = owner.hasPrefix("0:") ? "65534:\(owner.dropFirst(2))" : String(owner)
      return Folder(path: Array(line[line.index(after: space)...].utf8), account: account)
    }
  }

  /// `changes` by the account that they are made as: root's first, since folders are made before what is in them.
  func parts(of changes: StagedTree.Changes) -> [(account: String, changes: StagedTree.Changes)] {
    var parts: [String: StagedTree.Changes] = [:]
    for path in changes.removed { parts[account(for: path), default: .init()].removed.append(path) }
    for path in changes.written { parts[account(for: path), default: .init()].written.append(path) }
    return parts.sorted { ($0.key == "0" ? "" : $0.key) < ($1.key == "0" ? "" : $1.key) }.map { ($0.key, $0.value) }
  }

  private func account(for path: [UInt8]) -> String {
    folders.first { folder in
      folder.path.isEmpty || path.starts(with: folder.path + [UInt8(ascii: "/")])
    }?.account ?? "0"
  }
}
