import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file of the output folder as it stands.
struct ExistingFile {
  let bytes: [UInt8]
  let isExecutable: Bool
  let isLink: Bool
  var digest: String { ContentDigest(of: bytes).hex }

  /// Nil when there is nothing.
  /// - Throws: `FileSystemError`.
  init?(_ path: FilePath) throws {
    var info = stat()
    guard path.withPlatformString({ lstat($0, &info) }) == 0 else {
      let reason = Errno(rawValue: errno)
      if reason == .noSuchFileOrDirectory || reason == .notDirectory { return nil }
      throw FileSystemError("look at", path, reason)
    }
    isLink = info.st_mode & S_IFMT == S_IFLNK
    isExecutable = info.st_mode & 0o100 != 0
    if isLink {
      bytes = []
      return
    }
    guard info.st_mode & S_IFMT == S_IFREG else { throw FileSystemError("replace", path, .isDirectory) }
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
      bytes = try file.closeAfter {
        try [UInt8](unsafeUninitializedCapacity: Int(info.st_size)) { buffer, count in
          while count < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
            let read = try file.read(into: rest)
            if read == 0 { break }
            count += read
          }
        }
      }
    } catch let error as Errno {
      throw FileSystemError("read", path, error)
    }
  }
}
