import CDirectoryEntries
import KilnArtifacts
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension OpenFolder {
  /// All names but `.` and `..`, in the file system's order.
  func list() throws -> [(name: [UInt8], kind: Kind)] {
    var names: [(name: [UInt8], kind: Kind)] = []
    try forEachName { name, type in
      let isOwn = name.count == 1 && name[0] == 0x2E || name.count == 2 && name[0] == 0x2E && name[1] == 0x2E
      if isOwn { return }
      let name = Array(name)
      names.append((name, try kind(of: name, type)))
    }
    return names
  }

  #if os(Linux)
    /// The kernel's `struct linux_dirent64`: where its members are.
    private enum Entry {
      static let length = 16
      static let type = 18
      static let name = 19
    }

    /// The system's own call: a stream would take a descriptor of its own, and five more calls, for each folder.
    private func forEachName(_ body: (UnsafeRawBufferPointer, Int32) throws -> Void) throws {
      try withUnsafeTemporaryAllocation(byteCount: 1 << 15, alignment: 8) { buffer in
        guard let base = buffer.baseAddress else { return }
        if isListed, lseek(descriptor, 0, SEEK_SET) != 0 { throw FileSystemError("list", path, Errno(rawValue: errno)) }
        isListed = true
        while true {
          let count = kiln_getdents64(descriptor, base, buffer.count)
          guard count >= 0 else { throw FileSystemError("list", path, Errno(rawValue: errno)) }
          if count == 0 { return }
          var entry = UnsafeRawPointer(base)
          let end = entry + count
          while entry < end {
            let length = Int(entry.load(fromByteOffset: Entry.length, as: UInt16.self))
            let start = entry + Entry.name
            let size = strnlen(start.assumingMemoryBound(to: CChar.self), length - Entry.name)
            let type = entry.load(fromByteOffset: Entry.type, as: UInt8.self)
            try body(UnsafeRawBufferPointer(start: start, count: size), Int32(type))
            entry += length
          }
        }
      }
    }
  #else
    private func forEachName(_ body: (UnsafeRawBufferPointer, Int32) throws -> Void) throws {
      // The stream closes the descriptor that it is given.
      let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
      guard copy >= 0, let stream = fdopendir(copy) else {
        throw FileSystemError("list", path, Errno(rawValue: errno))
      }
      defer { closedir(stream) }
      rewinddir(stream)
      while true {
        errno = 0
        guard let entry = readdir(stream) else {
          guard errno == 0 else { throw FileSystemError("list", path, Errno(rawValue: errno)) }
          return
        }
        let start = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
        let size = strlen(start.assumingMemoryBound(to: CChar.self))
        try body(UnsafeRawBufferPointer(start: start, count: size), Int32(entry.pointee.d_type))
      }
    }
  #endif

  private func kind(of name: [UInt8], _ type: Int32) throws -> Kind {
    switch type {
    case Int32(DT_DIR): return .directory
    case Int32(DT_REG): return .file
    case Int32(DT_LNK): return .symbolicLink
    case Int32(DT_FIFO): return .special("a FIFO")
    case Int32(DT_SOCK): return .special("a socket")
    case Int32(DT_CHR), Int32(DT_BLK): return .special("a device")
    default: break
    }
    // Some file systems do not tell the type with the name.
    switch try status(of: name).st_mode & S_IFMT {
    case S_IFDIR: return .directory
    case S_IFREG: return .file
    case S_IFLNK: return .symbolicLink
    case S_IFIFO: return .special("a FIFO")
    case S_IFSOCK: return .special("a socket")
    default: return .special("a device")
    }
  }
}
