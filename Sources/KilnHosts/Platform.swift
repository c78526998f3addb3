import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

func platformRename(_ old: UnsafePointer<CChar>, _ new: UnsafePointer<CChar>) -> CInt { rename(old, new) }

extension Errno {
  /// Of the last call that failed.
  static var current: Errno { Errno(rawValue: errno) }
}

/// Seconds since 1970 at which the entry was last changed; nil where it is not there.
func platformChange(_ path: FilePath) -> Int? {
  var status = stat()
  guard path.withPlatformString({ lstat($0, &status) }) == 0 else { return nil }
  #if canImport(Darwin)
    return status.st_mtimespec.tv_sec
  #else
    return status.st_mtim.tv_sec
  #endif
}

/// Seconds since 1970.
func platformTime() -> Int { time(nil) }
