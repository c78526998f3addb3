import KilnArtifacts
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An open folder: what is in it is reached by name alone, so paths of any length work.
final class OpenFolder {
  enum Kind { case directory, file, symbolicLink, special(String) }

  let descriptor: Int32
  /// For messages.
  let path: FilePath

  private init(_ descriptor: Int32, _ path: FilePath) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  static func open(_ path: FilePath) throws -> OpenFolder {
    let descriptor = path.withPlatformString { Platform.open(AT_FDCWD, $0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw FileSystemError("open the folder", path, Errno(rawValue: errno)) }
    return OpenFolder(descriptor, path)
  }

  func open(_ name: [UInt8]) throws -> OpenFolder {
    let descriptor = name.withCString {
      Platform.open(self.descriptor, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
    guard descriptor >= 0 else { throw error("open the folder", name) }
    return OpenFolder(descriptor, path(of: name))
  }

  /// A regular file for reading; nothing else is opened, a FIFO would wait.
  func openFile(_ name: [UInt8]) throws -> Int32 {
    let descriptor = name.withCString {
      Platform.open(self.descriptor, $0, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    }
    guard descriptor >= 0 else { throw error("open", name) }
    return descriptor
  }

  func path(of name: [UInt8]) -> FilePath { path.appending(String(decoding: name, as: UTF8.self)) }

  func error(_ attempt: String, _ name: [UInt8]) -> FileSystemError {
    FileSystemError(attempt, path(of: name), Errno(rawValue: errno))
  }

  /// All names but `.` and `..`, in the file system's order.
  func list() throws -> [(name: [UInt8], kind: Kind)] {
    // The stream closes the descriptor that it is given.
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0, let stream = fdopendir(copy) else {
      throw FileSystemError("list", path, Errno(rawValue: errno))
    }
    defer { closedir(stream) }
    rewinddir(stream)
    var names: [(name: [UInt8], kind: Kind)] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw FileSystemError("list", path, Errno(rawValue: errno)) }
        return names
      }
      let start = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
      let name = Array(UnsafeRawBufferPointer(start: start, count: strlen(start.assumingMemoryBound(to: CChar.self))))
      if name == [0x2E] || name == [0x2E, 0x2E] { continue }
      names.append((name, try kind(of: name, Int32(entry.pointee.d_type))))
    }
  }

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

  /// What the file system says of a name itself, not of what a link points to.
  func status(of name: [UInt8]) throws -> stat {
    var status = stat()
    guard name.withCString({ fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
      throw error("examine", name)
    }
    return status
  }

  /// A file's size in bytes.
  func size(of name: [UInt8]) throws -> Int { Int(try status(of: name).st_size) }

  /// A symbolic link's target, of any length.
  func target(of name: [UInt8]) throws -> [UInt8] {
    var capacity = 256
    while true {
      var buffer = [CChar](repeating: 0, count: capacity)
      let count = name.withCString { readlinkat(descriptor, $0, &buffer, capacity) }
      guard count >= 0 else { throw error("read the link", name) }
      if count < capacity { return buffer[..<count].map { UInt8(bitPattern: $0) } }
      capacity *= 2
    }
  }
}

private enum Platform {
  static func open(_ folder: Int32, _ name: UnsafePointer<CChar>, _ flags: Int32) -> Int32 {
    while true {
      let descriptor = openat(folder, name, flags)
      if descriptor >= 0 || errno != EINTR { return descriptor }
    }
  }
}
