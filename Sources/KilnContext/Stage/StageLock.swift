import KilnArtifacts
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A lock on a folder that processes share, as one on a file in it; the system gives it back when its holder ends, however it ends.
final class StageLock: Sendable {
  private let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Waits until nobody else has the folder.
  /// - Parameter check: Ends the waiting by what it throws.
  static func alone(_ path: FilePath, check: () throws -> Void) throws -> StageLock {
    while true {
      if let lock = try lock(path, LOCK_EX) { return lock }
      try check()
      usleep(20_000)
    }
  }

  /// Shares the folder with others that use it; nil where one has it alone.
  static func shared(_ path: FilePath) throws -> StageLock? { try lock(path, LOCK_SH) }

  /// Nil where anybody uses the folder.
  static func aloneNow(_ path: FilePath) throws -> StageLock? { try lock(path, LOCK_EX) }

  private static func lock(_ path: FilePath, _ kind: Int32) throws -> StageLock? {
    let descriptor = path.appending(".lock").withPlatformString {
      openat(AT_FDCWD, $0, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o644)
    }
    guard descriptor >= 0 else { throw FileSystemError("open the lock of", path, Errno(rawValue: errno)) }
    let lock = StageLock(descriptor)
    while flock(descriptor, kind | LOCK_NB) != 0 {
      switch errno {
      case EINTR: continue
      case EWOULDBLOCK: return nil
      default: throw FileSystemError("lock", path, Errno(rawValue: errno))
      }
    }
    return lock
  }
}
