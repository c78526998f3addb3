public import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads files that somebody else may have made: regular ones alone, opened without waiting, and no more than a limit.
///
/// A FIFO would wait for a writer, a device may never end, and opening some devices alone has effects.
public enum RegularFile {
  /// What becomes of a symbolic link at the path's end.
  public enum Links: Sendable { case followed, refused }

  public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reason: Sendable, Equatable {
      case absent
      /// What stands there instead, as in "a FIFO".
      case otherKind(String)
      /// In bytes.
      case tooLarge(limit: Int)
      case refused(Errno)
    }

    public let path: FilePath
    public let reason: Reason

    package init(path: FilePath, reason: Reason) {
      self.path = path
      self.reason = reason
    }

    /// Without the path, as in "it is a FIFO, not a regular file".
    public var why: String {
      switch reason {
      case .absent: "there is no such file"
      case .otherKind(let kind): "it is \(kind), not a regular file"
      case .tooLarge(let limit): "it has more than \(limit) bytes"
      case .refused(let errno): "\(errno)"
      }
    }

    public var description: String { "cannot read \(path): \(why)" }
  }

  /// Opens a regular file for reading.
  /// - Returns: The descriptor, which the caller closes, and what the file was when it was opened.
  public static func open(
    _ path: FilePath, following links: Links = .followed
  ) throws(Failure) -> (descriptor: FileDescriptor, status: FileStatus) {
    var status = stat()
    let found = path.withPlatformString { links == .followed ? stat($0, &status) : lstat($0, &status) }
    guard found == 0 else { throw failure(path, errno) }
    // Before it is opened: to open a device can do something already.
    if let kind = kind(status) { throw Failure(path: path, reason: .otherKind(kind)) }
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (links == .followed ? 0 : O_NOFOLLOW)
    let raw = path.withPlatformString { name -> Int32 in
      while true {
        let raw = openat(AT_FDCWD, name, flags)
        if raw >= 0 || errno != EINTR { return raw }
      }
    }
    guard raw >= 0 else { throw failure(path, errno) }
    guard fstat(raw, &status) == 0 else {
      let number = errno
      close(raw)
      throw failure(path, number)
    }
    if let kind = kind(status) {
      close(raw)
      throw Failure(path: path, reason: .otherKind(kind))
    }
    return (FileDescriptor(rawValue: raw), FileStatus(status))
  }

  /// The bytes of a regular file.
  /// - Parameter limit: In bytes; a larger file is a failure.
  public static func read(
    _ path: FilePath, limit: Int, following links: Links = .followed
  ) throws(Failure) -> [UInt8] {
    let (descriptor, status) = try open(path, following: links)
    defer { try? descriptor.close() }
    guard status.size <= limit else { throw Failure(path: path, reason: .tooLarge(limit: limit)) }
    var bytes: [UInt8] = []
    do {
      // One more than the size tells the end; files of the kernel's have no size.
      var capacity = status.size + 1
      while true {
        let start = bytes.count
        let piece = try [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
          count = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        if piece.isEmpty { return bytes }
        bytes = start == 0 ? piece : bytes + piece
        guard bytes.count <= limit else { throw Failure(path: path, reason: .tooLarge(limit: limit)) }
        capacity = max(status.size + 1 - bytes.count, 1 << 16)
      }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(path: path, reason: .refused((error as? Errno) ?? .ioError))
    }
  }

  private static func failure(_ path: FilePath, _ number: Int32) -> Failure {
    switch Errno(rawValue: number) {
    case .noSuchFileOrDirectory, .notDirectory: Failure(path: path, reason: .absent)
    case let errno: Failure(path: path, reason: .refused(errno))
    }
  }

  /// What it is, where that is no regular file.
  private static func kind(_ status: stat) -> String? {
    switch status.st_mode & S_IFMT {
    case S_IFREG: nil
    case S_IFDIR: "a folder"
    case S_IFLNK: "a symbolic link"
    case S_IFIFO: "a FIFO"
    case S_IFSOCK: "a socket"
    default: "a device"
    }
  }
}
