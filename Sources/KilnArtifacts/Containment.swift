public import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where the files that a workspace names may be, links resolved: in the Git repository that it is in, or without one in
/// its parent folder; and in folders that are allowed by name.
///
/// Specs are others' to write: without this a link that they commit would put any file of the reader's into an image, or
/// into an excerpt of a message.
public struct Containment: Sendable {
  public enum Place: Sendable, Equatable {
    /// What the path leads to.
    case inside(FilePath)
    case outside(FilePath)
    case absent
  }

  private let folders: [FilePath]
  /// As messages call it, as in "the workspace's Git repository".
  public let name: String

  /// - Parameters:
  ///   - root: The workspace's folder.
  ///   - allowed: More folders; those that are not there have no part in it.
  public init(root: FilePath, allowed: [FilePath] = []) {
    let real = Self.real(root) ?? root.lexicallyNormalized()
    let (outermost, name) = Self.outermost(around: real)
    self.name = name
    folders = [outermost] + allowed.compactMap { Self.real($0) }.filter { !$0.components.isEmpty }
  }

  /// Never `/`: everything would be inside.
  private static func outermost(around root: FilePath) -> (FilePath, name: String) {
    var folder = root
    while !folder.components.isEmpty {
      var status = stat()
      if folder.appending(".git").withPlatformString({ lstat($0, &status) }) == 0 {
        return (folder, "the workspace's Git repository")
      }
      folder.removeLastComponent()
    }
    let parent = root.removingLastComponent()
    return parent.components.isEmpty ? (root, "the workspace") : (parent, "the workspace's parent folder")
  }

  /// Where `path` leads.
  public func place(of path: FilePath) -> Place {
    if let real = Self.real(path) { return contains(real) ? .inside(real) : .outside(real) }
    // What is not there is outside where it could only ever be there.
    var existing = path.lexicallyNormalized()
    var rest: [FilePath.Component] = []
    while let last = existing.lastComponent {
      rest.insert(last, at: 0)
      existing.removeLastComponent()
      guard let real = Self.real(existing.isEmpty ? "." : existing) else { continue }
      let whole = real.appending(rest)
      return contains(whole) ? .absent : .outside(whole)
    }
    return .absent
  }

  private func contains(_ real: FilePath) -> Bool { folders.contains { real.starts(with: $0) } }

  /// The path without links; nil where nothing is there.
  public static func real(_ path: FilePath) -> FilePath? {
    guard let resolved = path.withPlatformString({ realpath($0, nil) }) else { return nil }
    defer { free(resolved) }
    return FilePath(platformString: resolved)
  }
}
