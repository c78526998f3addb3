public import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where the files that a workspace names may be, links resolved: in the Git repository that it is in, or without one in
/// its parent folder; and in folders that are allowed by name. Never what Git keeps for itself: its settings may hold the
/// checkout's credentials, and its history what was removed from the files.
///
/// Specs are others' to write: without this a link that they commit would put any file of the reader's into an image, or
/// into an excerpt of a message.
public struct Containment: Sendable {
  public enum Place: Sendable, Equatable {
    /// What the path leads to.
    case inside(FilePath)
    case outside(FilePath)
    case owned(by: Owner)
    case absent
  }

  /// Whose a folder is that holds what is nobody else's.
  public enum Owner: Sendable, Equatable {
    /// A folder `.git`, such a file or link itself, or where one of these says that Git's own folder is.
    case git
    /// `dist` of a workspace, this one or another.
    case kiln
  }

  private let folders: [FilePath]
  /// The workspace's folder as it was named, and without links.
  private let roots: (named: FilePath, real: FilePath)
  /// Git's own folders that may have another name.
  private let gitFolders: [FilePath]
  /// As messages call it, as in "the workspace's Git repository".
  public let name: String

  /// What leads from the repository's root to the workspace, as in `deploy/`; empty for a workspace that is the root, or is
  /// in no repository.
  public let prefix: String

  /// - Parameters:
  ///   - root: The workspace's folder.
  ///   - allowed: More folders; those that are not there have no part in it.
  public init(root: FilePath, allowed: [FilePath] = []) {
    let real = Self.real(root) ?? root.normalized
    let (outermost, name) = Self.outermost(around: real)
    self.name = name
    let below = real.components.dropFirst(outermost.components.count)
    prefix = name == Self.repository ? below.map { $0.string + "/" }.joined() : ""
    roots = (root.normalized, real)
    // A worktree may be inside of the bare repository that it belongs to.
    gitFolders = Self.gitFolders(of: outermost).filter { !real.starts(with: $0) }
    folders = [outermost] + allowed.compactMap { Self.real($0) }.filter { !$0.components.isEmpty }
  }

  private static let repository = "the workspace's Git repository"

  /// Never `/`: everything would be inside.
  private static func outermost(around root: FilePath) -> (FilePath, name: String) {
    var folder = root
    while !folder.components.isEmpty {
      var status = stat()
      if folder.appending(".git").withPlatformString({ lstat($0, &status) }) == 0 {
        return (folder, repository)
      }
      folder.removeLastComponent()
    }
    let parent = root.removingLastComponent()
    return parent.components.isEmpty ? (root, "the workspace") : (parent, "the workspace's parent folder")
  }

  /// What `.git` of a worktree, a submodule or a checkout with a separate folder leads to.
  private static func gitFolders(of checkout: FilePath) -> [FilePath] {
    let own = checkout.appending(".git")
    guard let real = real(own) else { return [] }
    /// The path that a small file of Git's holds, from the folder that it is in.
    func target(_ file: FilePath, after prefix: String) -> FilePath? {
      guard let bytes = try? RegularFile.read(file, limit: 1 << 16) else { return nil }
      let text = String(decoding: bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
      guard text.hasPrefix(prefix), text.count > prefix.count else { return nil }
      return Self.real(file.removingLastComponent().pushing(FilePath(String(text.dropFirst(prefix.count)))))
    }
    let folder = target(real, after: "gitdir: ") ?? real
    return [real, folder] + [target(folder.appending("commondir"), after: "")].compactMap { $0 }
  }

  /// Where `path` leads.
  public func place(of path: FilePath) -> Place {
    let named = path.normalized
    if let real = Self.real(path) {
      guard contains(real) else { return .outside(real) }
      if isGit(real) || isGit(named, from: roots.named) { return .owned(by: .git) }
      return Self.isKiln(real) || Self.isKiln(named) ? .owned(by: .kiln) : .inside(real)
    }
    if isGit(named, from: roots.named) { return .owned(by: .git) }
    if Self.isKiln(named) { return .owned(by: .kiln) }
    // What is not there is outside where it could only ever be there.
    var existing = path.normalized
    var rest: [FilePath.Component] = []
    while let last = existing.lastComponent {
      rest.insert(last, at: 0)
      existing.removeLastComponent()
      guard let real = Self.real(existing.isEmpty ? "." : existing) else { continue }
      let whole = real.appending(rest)
      guard contains(whole) else { return .outside(whole) }
      if isGit(whole) { return .owned(by: .git) }
      return Self.isKiln(whole) ? .owned(by: .kiln) : .absent
    }
    return .absent
  }

  private func contains(_ real: FilePath) -> Bool { folders.contains { real.isIn($0) } }

  private func isGit(_ real: FilePath) -> Bool {
    isGit(real, from: roots.real) || gitFolders.contains { real.isIn($0) }
  }

  /// Whether `path` passes through a `.git` that the workspace itself is not in. Git takes the name in any case, and so do
  /// file systems.
  private func isGit(_ path: FilePath, from root: FilePath) -> Bool {
    guard Self.mayName(".git", path) else { return false }
    let shared = zip(path.components, root.components).prefix { $0 == $1 }.count
    return path.components.dropFirst(shared).contains { $0.string.lowercased() == ".git" }
  }

  /// Whether `name`, of ASCII in lower case, is anywhere in `path`: fleets ask for every file of theirs, and components are
  /// slow to come by.
  private static func mayName(_ name: StaticString, _ path: FilePath) -> Bool {
    path.withPlatformString { text in
      name.withUTF8Buffer { name in
        let count = strlen(text)
        guard count >= name.count else { return false }
        return (0...count - name.count).contains { start in
          name.indices.allSatisfy { index in
            let byte = UInt8(bitPattern: text[start + index])
            return ((0x41...0x5A).contains(byte) ? byte | 0x20 : byte) == name[index]
          }
        }
      }
    }
  }

  /// What Kiln leaves in a `dist` of its own.
  package static let marks = [".generated", ".images"]

  /// Whether `path` is a folder `dist` that is Kiln's, or in one: beside a `kiln.yaml`, which somebody may have moved since,
  /// or with what Kiln leaves there.
  private static func isKiln(_ path: FilePath) -> Bool {
    guard mayName("dist", path) else { return false }
    var folder = path
    while let name = folder.lastComponent {
      folder.removeLastComponent()
      guard name.string.lowercased() == "dist" else { continue }
      let own = folder.appending(name)
      var status = stat()
      for mark in [folder.appending("kiln.yaml")] + marks.map({ own.appending($0) })
      where mark.withPlatformString({ lstat($0, &status) }) == 0 { return true }
    }
    return false
  }

  /// The path without links; nil where nothing is there.
  public static func real(_ path: FilePath) -> FilePath? {
    guard let resolved = path.withPlatformString({ realpath($0, nil) }) else { return nil }
    defer { free(resolved) }
    return FilePath(platformString: resolved)
  }
}
