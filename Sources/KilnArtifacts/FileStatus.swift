#if canImport(Glibc)
  public import Glibc
#elseif canImport(Musl)
  public import Musl
#else
  public import Darwin
#endif

/// By which a file is known to be what it was: a program cannot set the time of change (ctime) back.
public struct FileStatus: Sendable, Equatable {
  public let device: Int
  public let inode: Int
  public let size: Int
  public let mode: Int
  /// Nanoseconds since 1970.
  public let modified: Int
  public let changed: Int

  public init(_ status: stat) {
    device = Int(status.st_dev)
    inode = Int(status.st_ino)
    size = Int(status.st_size)
    mode = Int(status.st_mode)
    #if canImport(Darwin)
      modified = Self.nanoseconds(status.st_mtimespec)
      changed = Self.nanoseconds(status.st_ctimespec)
    #else
      modified = Self.nanoseconds(status.st_mtim)
      changed = Self.nanoseconds(status.st_ctim)
    #endif
  }

  public static func nanoseconds(_ time: timespec) -> Int { Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec) }

  /// Whether the last change is safely past `now`, so that the next one has another time of change.
  ///
  /// Clocks of file systems are as coarse as the kernel's tick, 10 ms; a few keep whole seconds, FAT every second one.
  public func isSettled(at now: Int) -> Bool {
    let margin = changed % 1_000_000_000 == 0 || modified % 1_000_000_000 == 0 ? 2_100_000_000 : 100_000_000
    return changed < now - margin
  }

  /// Nanoseconds since 1970.
  public static var now: Int {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return nanoseconds(now)
  }

  public var text: String { "\(device) \(inode) \(size) \(mode) \(modified) \(changed)" }
}
