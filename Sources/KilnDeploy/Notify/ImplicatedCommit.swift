/// The commit that most likely broke a workload.
///
/// The rule: the newest commit that touches the workload's files or its spec; where none does, the newest of all. A commit
/// touches a folder that has a changed file in it, and a folder within a submodule whose commit it changes.
package struct ImplicatedCommit: Sendable, Hashable {
  package let commit: ReleaseCommit
  /// The first of its files that belongs to the workload; nil where it is only the newest.
  package let file: String?

  /// - Parameters:
  ///   - commits: Since the last good release, newest first.
  ///   - paths: Source folder, overlays and spec file of what failed, from the repository's top; an empty one is all of it.
  package init?(among commits: [ReleaseCommit], touching paths: [String]) {
    let paths = paths.map(Self.normalized)
    for commit in commits {
      guard let file = commit.files.first(where: { file in paths.contains { Self.touches(file, $0) } }) else {
        continue
      }
      self.commit = commit
      self.file = file
      return
    }
    guard let newest = commits.first else { return nil }
    commit = newest
    file = nil
  }

  private static func normalized(_ path: String) -> String {
    path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }

  /// By bytes: to Git a name is no more than that.
  private static func touches(_ file: String, _ path: String) -> Bool {
    let (file, path) = (Array(file.utf8), Array(path.utf8))
    let slash = UInt8(ascii: "/")
    return path.isEmpty || file == path || file.starts(with: path + [slash]) || path.starts(with: file + [slash])
  }
}
