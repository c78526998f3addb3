import KilnArtifacts
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reaches the folders of a tree by their paths, in the order of a walk: the next one is near the last.
///
/// Paths may be longer than the system takes, and deeper than a process may have descriptors. No link is followed.
final class FolderCursor {
  private static let openDepth = 64

  private let root: OpenFolder
  private var chain: [OpenFolder] = []
  /// Of the last folder of the chain.
  private var path: ArraySlice<UInt8> = []

  init(_ root: OpenFolder) { self.root = root }

  /// The folder that `path` is in and its name there; nil where there is no such folder.
  /// - Parameter isMaking: Makes the folders that are not there.
  func place(_ path: [UInt8], isMaking: Bool = false) throws -> (folder: OpenFolder, name: [UInt8])? {
    let end = path.lastIndex(of: Self.slash)
    let parent = path[..<(end ?? 0)]
    let name = Array(path[(end.map { $0 + 1 } ?? 0)...])
    let common = Self.common(parent, self.path)
    // What is left of the last path is left behind, what is left of this one is gone into.
    for _ in self.path[common...].split(separator: Self.slash) {
      let last = chain.removeLast()
      try chain.last?.resume(from: last)
    }
    self.path = parent[..<common]
    for part in parent[common...].split(separator: Self.slash) {
      let outer = chain.last ?? root
      let own = Array(part)
      do {
        if isMaking, !outer.hasFolder(own) { try outer.makeFolder(own) }
        chain.append(try outer.open(own))
      } catch let error as FileSystemError where [.noSuchFileOrDirectory, .notDirectory].contains(error.errno) {
        return nil
      }
      self.path = parent[..<part.endIndex]
      if chain.count > Self.openDepth { try chain[chain.count - 1 - Self.openDepth].suspend() }
    }
    return (chain.last ?? root, name)
  }

  private static let slash = UInt8(ascii: "/")

  /// How many bytes of whole components two paths begin with.
  private static func common(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Int {
    var count = 0
    while count < one.count, count < other.count, one[count] == other[count] { count += 1 }
    let isWhole = (count == one.count || one[count] == slash) && (count == other.count || other[count] == slash)
    return isWhole ? count : one[..<count].lastIndex(of: slash) ?? 0
  }
}

extension OpenFolder {
  /// With mode 0755, whatever the process takes away from modes; one that is there stays.
  func makeFolder(_ name: [UInt8]) throws {
    if name.withCString({ mkdirat(descriptor, $0, 0o755) }) != 0 {
      guard errno == EEXIST else { throw error("make the folder", name) }
      return
    }
    guard name.withCString({ fchmodat(descriptor, $0, 0o755, 0) }) == 0 else { throw error("set the mode of", name) }
  }

  /// A new file for writing, with mode 0600.
  func createFile(_ name: [UInt8]) throws -> FileDescriptor {
    let raw = name.withCString {
      openat(descriptor, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    }
    guard raw >= 0 else { throw error("create", name) }
    return FileDescriptor(rawValue: raw)
  }

  func rename(_ name: [UInt8], to other: OpenFolder, _ newName: [UInt8]) throws {
    let code = name.withCString { from in
      newName.withCString { to in renameat(descriptor, from, other.descriptor, to) }
    }
    guard code == 0 else { throw error("rename", name) }
  }

  /// Whether a folder stands there, and no link to one.
  func hasFolder(_ name: [UInt8]) -> Bool {
    var status = stat()
    return name.withCString { fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) } == 0
      && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Removes whatever stands there, with all that is in it; no link is followed.
  func remove(_ name: [UInt8]) throws {
    if name.withCString({ unlinkat(descriptor, $0, 0) }) == 0 || errno == ENOENT { return }
    guard errno == EISDIR || errno == EPERM else { throw error("remove", name) }
    // Folders that are too deep are brought up here, and come after.
    var waiting = [name]
    while let next = waiting.popLast() {
      var frames = [try Removal(next, in: self)]
      while let frame = frames.last {
        guard let item = frame.items.last else {
          frames.removeLast()
          let outer = frames.last?.folder ?? self
          guard frame.name.withCString({ unlinkat(outer.descriptor, $0, AT_REMOVEDIR) }) == 0 else {
            throw outer.error("remove", frame.name)
          }
          continue
        }
        frames[frames.count - 1].items.removeLast()
        if !item.kind.isDirectory {
          guard item.name.withCString({ unlinkat(frame.folder.descriptor, $0, 0) }) == 0 else {
            throw frame.folder.error("remove", item.name)
          }
        } else if frames.count >= Removal.openDepth {
          let brought = Array(".gone-\(UInt64.random(in: 0 ... .max))".utf8)
          try frame.folder.rename(item.name, to: self, brought)
          waiting.append(brought)
        } else {
          frames.append(try Removal(item.name, in: frame.folder))
        }
      }
    }
  }

  /// A folder that is being removed, and what is left in it.
  private struct Removal {
    static let openDepth = 64

    let name: [UInt8]
    let folder: OpenFolder
    var items: [(name: [UInt8], kind: Kind)]

    init(_ name: [UInt8], in outer: OpenFolder) throws {
      self.name = name
      folder = try outer.open(name)
      items = try folder.list()
    }
  }
}
