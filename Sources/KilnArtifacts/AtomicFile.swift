public import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the machine refused: the attempt, the path and the system's answer.
public struct FileSystemError: Error, Sendable, Equatable, CustomStringConvertible {
  public let attempt: String
  public let path: FilePath
  public let errno: Errno

  public init(_ attempt: String, _ path: FilePath, _ errno: Errno) {
    self.attempt = attempt
    self.path = path
    self.errno = errno
  }

  public var description: String { "cannot \(attempt) \(path): \(errno)" }
}

/// A file that appears under its name only when it is whole.
///
/// Bytes go to a temporary file in the same folder, named `.NAME.kiln-XXXXXX`; `commit()` gives it its
/// name by `rename(2)`. Without `commit()` the temporary file is removed.
public struct AtomicFile: ~Copyable {
  public let path: FilePath
  public let temporaryPath: FilePath
  public let descriptor: FileDescriptor
  private var isCommitted = false

  /// Opens the temporary file with mode 0600.
  /// - Throws: `FileSystemError`.
  public static func create(at path: FilePath) throws -> AtomicFile {
    guard !isDevice(path) else { throw FileSystemError("replace a device by a file at", path, .invalidArgument) }
    let name = Self.prefix(of: path.lastComponent?.string ?? "file")
    let folder = path.removingLastComponent()
    let template = (folder.isEmpty ? FilePath(".") : folder).appending(".\(name).kiln-XXXXXX")
    var bytes = template.withPlatformString { Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1)) }
    let raw = mkstemp(&bytes)
    guard raw >= 0 else { throw FileSystemError("create a temporary file for", path, Errno(rawValue: errno)) }
    let temporary = bytes.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { FilePath(platformString: $0) } ?? template
    }
    return AtomicFile(path: path, temporaryPath: temporary, descriptor: FileDescriptor(rawValue: raw))
  }

  /// As much of a name as leaves room for the rest: file systems count bytes, at most 255.
  private static func prefix(of name: String) -> String {
    var kept = ""
    for character in name.unicodeScalars {
      guard kept.utf8.count + UTF8.width(character) <= 100 else { break }
      kept.unicodeScalars.append(character)
    }
    return kept
  }

  /// Whether something stands there that a rename would take away: a device, a FIFO, a socket, or one of the names that
  /// the system gives to open files, as `/dev/stdout`.
  public static func isDevice(_ path: FilePath) -> Bool {
    if isSystemName(path) { return true }
    var status = stat()
    guard path.withPlatformString({ stat($0, &status) }) == 0 else { return false }
    return ![S_IFREG, S_IFDIR, S_IFLNK].contains(status.st_mode & S_IFMT)
  }

  /// Whether the path is one of the system's own, for devices and open files.
  public static func isSystemName(_ path: FilePath) -> Bool {
    let path = path.lexicallyNormalized()
    return path.starts(with: "/dev") && !path.starts(with: "/dev/shm") || path.starts(with: "/proc")
  }

  private init(path: FilePath, temporaryPath: FilePath, descriptor: FileDescriptor) {
    self.path = path
    self.temporaryPath = temporaryPath
    self.descriptor = descriptor
  }

  public borrowing func write(_ bytes: UnsafeRawBufferPointer) throws {
    do { try descriptor.writeAll(bytes) } catch let error as Errno {
      throw FileSystemError("write", path, error)
    }
  }

  /// Sets the mode and gives the file its name, replacing what had it.
  public consuming func commit(mode: FilePermissions) throws {
    guard fchmod(descriptor.rawValue, mode.rawValue) == 0 else {
      throw FileSystemError("set the mode of", path, Errno(rawValue: errno))
    }
    let renamed = temporaryPath.withPlatformString { from in path.withPlatformString { to in rename(from, to) } }
    guard renamed == 0 else { throw FileSystemError("replace", path, Errno(rawValue: errno)) }
    isCommitted = true
  }

  deinit {
    try? descriptor.close()
    if !isCommitted { _ = temporaryPath.withPlatformString { unlink($0) } }
  }
}
