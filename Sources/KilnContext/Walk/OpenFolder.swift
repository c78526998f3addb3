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
///
/// Its descriptor can be given back while folders below it are read, and got again through one of them.
final class OpenFolder {
  enum Kind { case directory, file, symbolicLink, special(String) }

  private(set) var descriptor: Int32
  private let root: FilePath
  private let parent: OpenFolder?
  private let name: [UInt8]
  /// Whether the descriptor's place is behind the first name.
  var isListed = false
  /// What it was when its descriptor was given back.
  private var identity: (device: dev_t, inode: ino_t)?

  private init(_ descriptor: Int32, root: FilePath) {
    (self.descriptor, self.root, parent, name) = (descriptor, root, nil, [])
  }

  private init(_ descriptor: Int32, _ name: [UInt8], in parent: OpenFolder) {
    (self.descriptor, root, self.parent, self.name) = (descriptor, parent.root, parent, name)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// - Parameter isLinkFollowed: Of the path's last component.
  static func open(_ path: FilePath, isLinkFollowed: Bool = true) throws -> OpenFolder {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (isLinkFollowed ? 0 : O_NOFOLLOW)
    let descriptor = path.withPlatformString { Platform.open(AT_FDCWD, $0, flags) }
    guard descriptor >= 0 else { throw FileSystemError("open the folder", path, Errno(rawValue: errno)) }
    return OpenFolder(descriptor, root: path)
  }

  func open(_ name: [UInt8]) throws -> OpenFolder {
    let descriptor = name.withCString {
      Platform.open(self.descriptor, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
    guard descriptor >= 0 else { throw error("open the folder", name) }
    return OpenFolder(descriptor, name, in: self)
  }

  /// Gives the descriptor back: a tree may be deeper than a process may have descriptors.
  func suspend() throws {
    guard descriptor >= 0 else { return }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileSystemError("examine", path, Errno(rawValue: errno)) }
    identity = (status.st_dev, status.st_ino)
    close(descriptor)
    descriptor = -1
    isListed = false
  }

  /// Gets the descriptor again, as the folder that `child`, which is open, is in.
  func resume(from child: OpenFolder) throws {
    guard descriptor < 0, let identity else { return }
    descriptor = Platform.open(child.descriptor, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileSystemError("open the folder", path, Errno(rawValue: errno)) }
    var status = stat()
    // Where the child was moved, its parent is another folder.
    guard fstat(descriptor, &status) == 0, status.st_dev == identity.device, status.st_ino == identity.inode else {
      throw FileSystemError("find again the folder", path, .staleNFSFileHandle)
    }
  }

  /// A regular file for reading; nothing else is opened, a FIFO would wait.
  func openFile(_ name: [UInt8]) throws -> Int32 {
    let descriptor = name.withCString {
      Platform.open(self.descriptor, $0, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    }
    guard descriptor >= 0 else { throw error("open", name) }
    return descriptor
  }

  /// For messages.
  var path: FilePath { parent.map { $0.path(of: name) } ?? root }

  func path(of name: [UInt8]) -> FilePath { path.appending(String(decoding: name, as: UTF8.self)) }

  func error(_ attempt: String, _ name: [UInt8]) -> FileSystemError {
    let answer = Errno(rawValue: errno)
    return FileSystemError(attempt, path(of: name), answer)
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
