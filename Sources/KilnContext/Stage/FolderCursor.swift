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
  private var chain: [(name: ArraySlice<UInt8>, folder: OpenFolder)] = []
  private var path: [UInt8] = []

  init(_ root: OpenFolder) { self.root = root }

  /// The folder that `path` is in and its name there; nil where there is no such folder.
  /// - Parameter isMaking: Makes the folders that are not there.
  func place(_ path: [UInt8], isMaking: Bool = false) throws -> (folder: OpenFolder, name: [UInt8])? {
    guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else {
      try keep(0)
      self.path = []
      return (root, path)
    }
    let name = Array(path[(slash + 1)...])
    let parent = path[..<slash]
    if parent.elementsEqual(self.path), let last = chain.last { return (last.folder, name) }
    let names = parent.split(separator: UInt8(ascii: "/"))
    var common = 0
    while common < min(names.count, chain.count), names[common] == chain[common].name { common += 1 }
    try keep(common)
    for name in names[common...] {
      let outer = chain.last?.folder ?? root
      let own = Array(name)
      do {
        if isMaking, !outer.hasFolder(own) { try outer.makeFolder(own) }
        chain.append((name, try outer.open(own)))
      } catch let error as FileSystemError where [.noSuchFileOrDirectory, .notDirectory].contains(error.errno) {
        self.path = Array(names[..<chain.count].joined(separator: [UInt8(ascii: "/")]))
        return nil
      }
      if chain.count > Self.openDepth { try chain[chain.count - 1 - Self.openDepth].folder.suspend() }
    }
    self.path = Array(parent)
    return (chain.last?.folder ?? root, name)
  }

  private func keep(_ count: Int) throws {
    while chain.count > count {
      let last = chain.removeLast()
      try chain.last?.folder.resume(from: last.folder)
    }
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
