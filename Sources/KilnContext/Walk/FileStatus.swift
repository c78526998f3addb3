import KilnDiagnostics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// By which a file is known to be what it was: a program cannot set the time of change (ctime) back.
struct FileStatus: Equatable {
  let device: Int
  let inode: Int
  let size: Int
  let mode: Int
  /// Nanoseconds since 1970.
  let modified: Int
  let changed: Int

  init(_ status: stat) {
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

  static func nanoseconds(_ time: timespec) -> Int { Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec) }

  /// Nanoseconds by which a change must be past to be told from the next one: more than any file system's clock is coarse.
  private static let margin = 2_100_000_000

  /// The latest time of change that is safely past.
  static var settled: Int {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return nanoseconds(now) - margin
  }

  var text: String { "\(device) \(inode) \(size) \(mode) \(modified) \(changed)" }
}

extension DiagnosticsError {
  static func changed(_ entry: ContextEntry, _ how: String) -> DiagnosticsError {
    DiagnosticsError([
      Diagnostic(
        "context.changed", "\"\(entry.name)\" changed while it was read: \(how)",
        suggestion: "try again when nothing writes to the folder")
    ])
  }
}
