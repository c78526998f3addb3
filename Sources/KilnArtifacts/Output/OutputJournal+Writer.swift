import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension OutputJournal {
  /// Appends to the journal before the files get their names.
  final class Writer: Sendable {
    private let file: FileDescriptor
    private let root: OpenRoot
    private var path: FilePath { root.path.appending(OutputJournal.name) }

    /// Opens the journal, without the part of a line that a killed run may have left.
    /// - Throws: `FileSystemError`; `OutputObstacle` when something else has its name.
    init(in root: OpenRoot) throws {
      self.root = root
      let path = root.path.appending(OutputJournal.name)
      try root.pass()
      let flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
      let descriptor = System.open(root.descriptor.rawValue, OutputJournal.name, flags, 0o644)
      guard descriptor >= 0 else {
        let reason = Errno(rawValue: errno)
        if reason == .tooManySymbolicLinkLevels { throw OutputObstacle(path, .link) }
        throw FileSystemError("create", path, reason)
      }
      file = FileDescriptor(rawValue: descriptor)
      var info = stat()
      guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
        throw OutputObstacle(path, .special)
      }
      // It is written in place: what else has its bytes would be written as well.
      guard info.st_nlink == 1 else { throw OutputObstacle(path, .shared) }
      guard info.st_size > 0, let bytes = try FolderWalk(root).ownFile(OutputJournal.name) else { return }
      let end = OutputJournal.wholeLines(bytes)
      guard end < bytes.count else { return }
      try root.pass()
      guard ftruncate(descriptor, off_t(end)) == 0 else {
        throw FileSystemError("write", path, Errno(rawValue: errno))
      }
    }

    deinit { try? file.close() }

    /// One write: a kill leaves whole lines, or the end of the last one away.
    func add(_ files: [(path: String, digest: String)]) throws {
      let bytes = Array(files.map { "\($0.digest) \($0.path)\n" }.joined().utf8)
      try root.pass()
      do { try file.writeAll(bytes) } catch let error as Errno { throw FileSystemError("write", path, error) }
    }
  }
}
