import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The way from a folder to paths below it, component by component and never through a symbolic link.
///
/// The folders of the last path stay open: the files of a unit, in order, cost one lookup each.
final class FolderWalk {
  let root: OpenRoot
  /// The names of the folders that are open, each ended by a NUL.
  private var way: [CChar] = []
  /// The folders that are open, and where their names end in `way`.
  private var folders: [(descriptor: Int32, end: Int)] = []
  /// The path that is asked for, its components each ended by a NUL.
  private var asked: [CChar] = []

  init(_ root: OpenRoot) { self.root = root }

  deinit { for folder in folders { close(folder.descriptor) } }

  /// Calls `body` with the folder that holds `path`, and the name in it; nil when that folder is not there.
  ///
  /// - Parameter making: Whether folders that are not there are made.
  /// - Throws: `OutputObstacle` for a link on the way, or for a file where a folder is to be made; `FileSystemError`.
  func at<Result>(
    _ path: some Sequence<UInt8>, making: Bool = false, _ body: (Int32, UnsafePointer<CChar>) throws -> Result
  ) throws -> Result? {
    let name = try reach(path, making: making)
    guard let name else { return nil }
    return try asked.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return nil }
      return try body(folders.last?.descriptor ?? root.descriptor.rawValue, start + name)
    }
  }

  /// Opens the folders above `path`; where its last component begins in `asked`.
  private func reach(_ path: some Sequence<UInt8>, making: Bool) throws -> Int? {
    asked.removeAll(keepingCapacity: true)
    var name = 0
    for byte in path {
      asked.append(byte == UInt8(ascii: "/") ? 0 : CChar(bitPattern: byte))
      if byte == UInt8(ascii: "/") { name = asked.count }
    }
    asked.append(0)
    var common = 0
    var depth = 0
    while depth < folders.count, folders[depth].end <= name,
      way[common..<folders[depth].end] == asked[common..<folders[depth].end]
    {
      common = folders[depth].end
      depth += 1
    }
    while folders.count > depth { leave() }
    while common < name {
      let end = asked[common...].firstIndex(of: 0).map { $0 + 1 } ?? name
      let parent = folders.last?.descriptor ?? root.descriptor.rawValue
      let opened = try asked.withUnsafeBufferPointer { buffer -> Int32? in
        guard let start = buffer.baseAddress else { return nil }
        return try folder(parent, start + common, making: making, shown: end)
      }
      guard let opened else { return nil }
      way += asked[common..<end]
      folders.append((opened, end))
      common = end
    }
    return name
  }

  /// Opens `path` itself as a folder; nil when it is not there.
  func open(_ path: some Sequence<UInt8>, making: Bool) throws -> FileDescriptor? {
    let opened = try at(path, making: making) { parent, name in
      try folder(parent, name, making: making, shown: asked.count)
    }
    guard let opened, let descriptor = opened else { return nil }
    return FileDescriptor(rawValue: descriptor)
  }

  private func folder(_ parent: Int32, _ name: UnsafePointer<CChar>, making: Bool, shown: Int) throws -> Int32? {
    func enter() -> Int32 { System.open(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    var descriptor = enter()
    if descriptor < 0, errno == ENOENT, making {
      try root.pass()
      guard mkdirat(parent, name, 0o755) == 0 || errno == EEXIST else { throw error("create the folder", shown) }
      descriptor = enter()
      if descriptor >= 0 { fchmod(descriptor, 0o755) }
    }
    if descriptor >= 0 { return descriptor }
    let reason = Errno(rawValue: errno)
    var info = stat()
    if reason == .noSuchFileOrDirectory { return nil }
    guard reason == .notDirectory || reason == .tooManySymbolicLinkLevels,
      fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) == 0
    else { throw FileSystemError("open the folder", self.shown(shown), reason) }
    if info.st_mode & S_IFMT == S_IFLNK { throw OutputObstacle(self.shown(shown), .link) }
    if making { throw OutputObstacle(self.shown(shown), .file) }
    // A path below a file is not there.
    return nil
  }

  private func leave() {
    guard let folder = folders.popLast() else { return }
    close(folder.descriptor)
    way.removeSubrange((folders.last?.end ?? 0)...)
  }

  /// The folders that are open and empty go, the innermost first.
  func removeEmptyFolders() throws {
    while !folders.isEmpty {
      let start = folders.dropLast().last?.end ?? 0
      let parent = folders.dropLast().last?.descriptor ?? root.descriptor.rawValue
      try root.pass()
      let isGone = way.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { unlinkat(parent, $0 + start, AT_REMOVEDIR) == 0 } ?? false
      }
      guard isGone else { return }
      leave()
    }
  }

  /// The first `end` bytes of the path that was asked for, for messages.
  private func shown(_ end: Int) -> FilePath {
    let bytes = asked[..<end].map { $0 == 0 ? UInt8(ascii: "/") : UInt8(bitPattern: $0) }
    return root.path.appending(String(decoding: bytes.dropLast(), as: UTF8.self))
  }

  private func error(_ attempt: String, _ end: Int) -> FileSystemError {
    FileSystemError(attempt, shown(end), Errno(rawValue: errno))
  }

  /// An error for the path that was asked for last.
  func error(_ attempt: String) -> FileSystemError { error(attempt, asked.count) }

  func error(_ attempt: String, _ reason: Errno) -> FileSystemError {
    FileSystemError(attempt, shown(asked.count), reason)
  }

  func obstacle(_ kind: OutputObstacle.Kind) -> OutputObstacle { OutputObstacle(shown(asked.count), kind) }
}

/// Calls that a signal may interrupt, or that have the name of a method here.
enum System {
  static func open(_ folder: Int32, _ name: UnsafePointer<CChar>, _ flags: Int32, _ mode: mode_t = 0) -> Int32 {
    while true {
      let descriptor = openat(folder, name, flags, mode)
      if descriptor >= 0 || errno != EINTR { return descriptor }
    }
  }
}
