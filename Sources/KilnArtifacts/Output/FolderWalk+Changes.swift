import Synchronization
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension FolderWalk {
  /// Removes a file, and the folders that this leaves empty.
  ///
  /// - Parameter found: Its status when it was compared; nil for whatever is there.
  func remove(_ path: String, expecting found: FileStatus?) throws {
    try at(path.utf8) { folder, name in
      if let found { try self.expect(found, folder, name) }
      try self.root.pass()
      guard unlinkat(folder, name, 0) == 0 || errno == ENOENT else { throw self.error("remove") }
    }
    try removeEmptyFolders()
  }

  /// Removes the empty folders that a file which is not there any more was in.
  func removeFolders(of path: String) throws {
    guard try status(path.utf8) == nil else { return }
    try removeEmptyFolders()
  }

  /// Between comparing and writing nobody else may have changed the file.
  fileprivate func expect(_ found: FileStatus?, _ folder: Int32, _ name: UnsafePointer<CChar>) throws {
    var info = stat()
    let isThere = fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0
    guard isThere || errno == ENOENT else { throw error("examine") }
    guard (isThere ? FileStatus(info) : nil) == found else { throw obstacle(.changed) }
  }

  /// Gives `path` other bytes by way of a file beside it.
  func replace(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws {
    try at(path.utf8, making: true) { folder, name in
      let temporary = ".kiln-\(UInt64.random(in: .min ... .max))"
      try self.root.pass()
      do throws(Errno) { try System.create(temporary, in: folder, bytes, mode: mode) } catch {
        throw self.error("write", error)
      }
      guard renameat(folder, temporary, folder, name) == 0 else {
        let reason = Errno(rawValue: errno)
        unlinkat(folder, temporary, 0)
        throw self.error("replace", reason)
      }
    }
  }
}

/// The folder in which files are made before they get their names.
final class OutputWorkshop: Sendable {
  private let root: OpenRoot
  private let descriptor: FileDescriptor
  private let next = Atomic(0)
  private var path: FilePath { root.path.appending(OutputUnit.workshop) }

  /// Makes it anew, without what a killed run left.
  init(in root: OpenRoot) throws {
    self.root = root
    guard let folder = try FolderWalk(root).open(OutputUnit.workshop.utf8, making: true) else {
      throw FileSystemError("open the folder", root.path.appending(OutputUnit.workshop), .noSuchFileOrDirectory)
    }
    descriptor = folder
  }

  deinit { try? descriptor.close() }

  /// Removes the workshop and what is in it, where there is one.
  static func remove(from root: OpenRoot) throws {
    try FolderTree.remove(OutputUnit.workshop, in: root.descriptor.rawValue, root, root.path)
  }

  /// Makes a file and gives it the name `path`.
  ///
  /// - Parameter found: What stood there when it was compared, nil for nothing; left away where that does not matter.
  func write(_ bytes: [UInt8], mode: mode_t, to path: String, expecting found: FileStatus?? = nil, _ walk: FolderWalk)
    throws
  {
    let name = String(next.wrappingAdd(1, ordering: .relaxed).oldValue)
    try root.pass()
    do throws(Errno) { try System.create(name, in: descriptor.rawValue, bytes, mode: mode) } catch {
      throw FileSystemError("write", root.path.appending(path), error)
    }
    try walk.at(path.utf8, making: true) { folder, target in
      if let found { try walk.expect(found, folder, target) }
      try self.root.pass()
      guard renameat(self.descriptor.rawValue, name, folder, target) == 0 else { throw walk.error("replace") }
    }
  }

  /// Makes the folder of a new unit and gives it its name once it is whole.
  func create(_ unit: String, _ tree: ArtifactTree, _ walk: FolderWalk) throws {
    let name = "unit-\(next.wrappingAdd(1, ordering: .relaxed).oldValue)"
    try root.pass()
    guard mkdirat(descriptor.rawValue, name, 0o755) == 0 else {
      throw FileSystemError("create the folder", path.appending(name), Errno(rawValue: errno))
    }
    let raw = System.open(descriptor.rawValue, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard raw >= 0 else { throw FileSystemError("open the folder", path.appending(name), Errno(rawValue: errno)) }
    let folder = FileDescriptor(rawValue: raw)
    try folder.closeAfter {
      fchmod(raw, 0o755)
      try fill(raw, tree, unit)
    }
    try walk.at(unit.utf8, making: true) { parent, target in
      try self.root.pass()
      guard renameat(self.descriptor.rawValue, name, parent, target) == 0 else {
        throw walk.error("create the folder")
      }
    }
  }

  /// The folder was made just now and is ours alone: names in it are reached in one step.
  private func fill(_ folder: Int32, _ tree: ArtifactTree, _ unit: String) throws {
    var made: Set<Substring> = []
    for (path, artifact) in tree.files {
      let name = path.text.dropFirst(unit.utf8.count + 1)
      var end = name.startIndex
      while let slash = name.utf8[end...].firstIndex(of: UInt8(ascii: "/")) {
        let inner = name[..<slash]
        end = name.utf8.index(after: slash)
        guard made.insert(inner).inserted else { continue }
        let isMade = inner.withCString {
          mkdirat(folder, $0, 0o755) == 0 && (System.mask & 0o755 == 0 || fchmodat(folder, $0, 0o755, 0) == 0)
        }
        guard isMade else {
          throw FileSystemError("create the folder", root.path.appending(path.text), Errno(rawValue: errno))
        }
      }
      try root.pass()
      do throws(Errno) {
        try System.create(String(name), in: folder, artifact.bytes, mode: artifact.isExecutable ? 0o755 : 0o644)
      } catch { throw FileSystemError("write", root.path.appending(path.text), error) }
    }
  }
}

extension System {
  /// The bits that new files and folders go without.
  static let mask: mode_t = {
    let mask = umask(0)
    umask(mask)
    return mask
  }()

  /// Makes a new file.
  static func create(_ name: String, in folder: Int32, _ bytes: [UInt8], mode: mode_t) throws(Errno) {
    let descriptor = System.open(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    defer { close(descriptor) }
    if mask & mode != 0 { fchmod(descriptor, mode) }
    do { try FileDescriptor(rawValue: descriptor).writeAll(bytes) } catch { throw error as? Errno ?? .ioError }
  }
}
