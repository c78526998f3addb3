public import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Replaces several existing files, all or none, keeping modes and owners.
public struct FileReplacement: Sendable {
  public struct Item: Sendable {
    public let path: FilePath
    public let bytes: [UInt8]
    /// 0600 instead of the mode that the file has.
    public let isPrivate: Bool
    /// A file of the user's: its bytes are on the disk before it takes the old one's place, and where the owner or the
    /// group cannot be kept nothing is replaced.
    public let isUsers: Bool

    public init(path: FilePath, bytes: [UInt8], isPrivate: Bool = false, isUsers: Bool = false) {
      self.path = path
      self.bytes = bytes
      self.isPrivate = isPrivate
      self.isUsers = isUsers
    }
  }

  /// Bytes of a file that are kept in memory.
  private static let limit = 256 << 20

  /// Writes every item to a temporary file, then renames them one after another; when one cannot be renamed, the
  /// user's before it get their bytes back. Who is killed between two has replaced the first.
  /// - Throws: `FileSystemError`.
  public static func replace(_ items: [Item]) throws {
    // Only a user's file gets its bytes back, and only where another can still fail.
    let originals = try items.map { try Original($0, isKept: $0.isUsers && items.count > 1) }
    var staged: [Staged] = []
    for (item, original) in zip(items, originals) { staged.append(try Staged(item, original)) }
    for (index, file) in staged.enumerated() {
      do {
        try file.rename()
      } catch {
        for done in 0..<index where items[done].isUsers {
          let old = Item(path: items[done].path, bytes: originals[done].bytes, isUsers: items[done].isUsers)
          try? Staged(old, originals[done]).rename()
        }
        throw error
      }
    }
  }

  private struct Original {
    var bytes: [UInt8] = []
    var mode: FilePermissions = FilePermissions(rawValue: 0o644)
    var owner: (user: uid_t, group: gid_t)?

    /// A file that is not there yet is made with mode 0644. Of Kiln's own, so is one in the place of which somebody has
    /// left a link: the link alone is replaced, and what it leads to is neither read nor asked for its mode.
    init(_ item: Item, isKept: Bool) throws {
      var info = stat()
      guard item.path.withPlatformString({ item.isUsers ? stat($0, &info) : lstat($0, &info) }) == 0,
        item.isUsers || info.st_mode & S_IFMT != S_IFLNK
      else { return }
      if isKept {
        bytes = try RegularFile.read(item.path, limit: FileReplacement.limit)
      } else {
        // What is no regular file is not replaced.
        try RegularFile.open(item.path, following: item.isUsers ? .followed : .refused).descriptor.close()
      }
      mode = FilePermissions(rawValue: info.st_mode & 0o7777)
      owner = (info.st_uid, info.st_gid)
    }
  }

  /// A whole temporary file that waits for its name.
  private final class Staged {
    private var file: AtomicFile?
    private let mode: FilePermissions

    init(_ item: Item, _ original: Original) throws {
      let file = try AtomicFile.create(at: item.path)
      try item.bytes.withUnsafeBytes { try file.write($0) }
      // Only root can give a file away; where that is refused the file is ours anyway.
      if let owner = original.owner, fchown(file.descriptor.rawValue, owner.user, owner.group) != 0, item.isUsers {
        throw FileSystemError("keep the owner of", item.path, Errno(rawValue: errno))
      }
      if item.isUsers, fsync(file.descriptor.rawValue) != 0 {
        throw FileSystemError("write to the disk", item.path, Errno(rawValue: errno))
      }
      mode = item.isPrivate ? FilePermissions(rawValue: 0o600) : original.mode
      self.file = consume file
    }

    func rename() throws {
      guard let file = file.take() else { return }
      try file.commit(mode: mode)
    }
  }
}
