import Synchronization
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A folder that is open: everything below it is reached from its descriptor.
final class OpenRoot: Sendable {
  /// For messages.
  let path: FilePath
  let descriptor: FileDescriptor
  private let stop: OutputStop?

  private init(_ path: FilePath, _ descriptor: FileDescriptor, _ stop: OutputStop?) {
    self.path = path
    self.descriptor = descriptor
    self.stop = stop
  }

  deinit { try? descriptor.close() }

  /// Opens `path` as the system finds it, links followed; nil when it is not there.
  ///
  /// - Parameter making: Whether it is made, with the folders above it.
  static func open(_ path: FilePath, making: Bool, stop: OutputStop? = nil) throws -> OpenRoot? {
    if making { try make(path) }
    do {
      let folder = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
      return OpenRoot(path, folder, stop)
    } catch let error as Errno {
      if error == .noSuchFileOrDirectory, !making { return nil }
      throw FileSystemError("open the folder", path, error)
    }
  }

  /// Opens `path` below `root`, through no link.
  static func open(_ path: FilePath, below root: FilePath, making: Bool, stop: OutputStop? = nil) throws -> OpenRoot? {
    guard let top = try open(root, making: false) else { return nil }
    let folder = try FolderWalk(top).open(path.string.utf8, making: making)
    return folder.map { OpenRoot(root.pushing(path), $0, stop) }
  }

  /// Whether the folder still stands at its path.
  func isSame(as other: OpenRoot) -> Bool {
    var (one, two) = (stat(), stat())
    guard fstat(descriptor.rawValue, &one) == 0, fstat(other.descriptor.rawValue, &two) == 0 else { return false }
    return one.st_dev == two.st_dev && one.st_ino == two.st_ino
  }

  /// Called before whatever changes the disk.
  func pass() throws { try stop?.pass() }

  private static func make(_ folder: FilePath) throws {
    if folder.withPlatformString({ mkdir($0, 0o777) }) == 0 { return }
    let reason = Errno(rawValue: errno)
    var info = stat()
    if folder.withPlatformString({ stat($0, &info) }) == 0, info.st_mode & S_IFMT == S_IFDIR { return }
    let parent = folder.removingLastComponent()
    guard reason == .noSuchFileOrDirectory, !parent.isEmpty, parent != folder else {
      throw FileSystemError("create the folder", folder, reason)
    }
    try make(parent)
    guard folder.withPlatformString({ mkdir($0, 0o777) }) == 0 else {
      throw FileSystemError("create the folder", folder, Errno(rawValue: errno))
    }
  }
}

/// Ends a run before its Nth change of the disk and lets nothing change it any more: for tests, as `kill -9` would.
final class OutputStop: Sendable {
  struct Stopped: Error {}
  private let left: Atomic<Int>

  init(after steps: Int) { left = Atomic(steps) }

  func pass() throws {
    if left.wrappingSubtract(1, ordering: .relaxed).oldValue <= 0 { throw Stopped() }
  }

  /// Whether the run came to its end by itself.
  var isUnused: Bool { left.load(ordering: .relaxed) >= 0 }
}
