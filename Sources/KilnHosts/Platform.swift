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
