import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What stands at a path below the output folder.
struct ExistingFile {
  /// No file that Kiln writes is larger; a definition's file has 16 MiB at most.
  static let sizeLimit = 64 << 20
  /// Indexes and journals of a fleet are.
  static let listSizeLimit = 512 << 20

  enum Kind: Equatable {
    case file, folder
    /// A link, a FIFO, a device or a file that is too large: nothing of Kiln's, and not read.
    case foreign(OutputObstacle.Kind)
  }

  let kind: Kind
  /// Empty for all but files.
  let bytes: [UInt8]
  let status: FileStatus
  var isExecutable: Bool { status.mode & 0o100 != 0 }
  var digest: String { ContentDigest(of: bytes).hex }

  private init(_ kind: Kind, _ bytes: [UInt8], _ status: FileStatus) {
    self.kind = kind
    self.bytes = bytes
    self.status = status
  }

  /// Reads `name` in `folder`; nil when there is nothing.
  static func read(_ name: UnsafePointer<CChar>, in folder: Int32, limit: Int) throws(Errno) -> ExistingFile? {
    // Without blocking: a FIFO would wait for a writer.
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
    let descriptor = System.open(folder, name, flags)
    var info = stat()
    guard descriptor >= 0 else {
      let reason = Errno(rawValue: errno)
      if reason == .noSuchFileOrDirectory || reason == .notDirectory { return nil }
      guard fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 else { throw reason }
      switch info.st_mode & S_IFMT {
      case S_IFLNK: return ExistingFile(.foreign(.link), [], FileStatus(info))
      case S_IFREG, S_IFDIR: throw reason
      default: return ExistingFile(.foreign(.special), [], FileStatus(info))
      }
    }
    defer { close(descriptor) }
    guard fstat(descriptor, &info) == 0 else { throw Errno(rawValue: errno) }
    let status = FileStatus(info)
    switch info.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: return ExistingFile(.folder, [], status)
    default: return ExistingFile(.foreign(.special), [], status)
    }
    guard status.size <= limit else { return ExistingFile(.foreign(.tooLarge), [], status) }
    let file = FileDescriptor(rawValue: descriptor)
    do {
      let bytes = try [UInt8](unsafeUninitializedCapacity: status.size) { buffer, count in
        while count < buffer.count {
          let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
          let read = try file.read(into: rest)
          if read == 0 { break }
          count += read
        }
      }
      return ExistingFile(.file, bytes, status)
    } catch { throw error as? Errno ?? .ioError }
  }
}

extension FolderWalk {
  /// What stands at `path`; nil when there is nothing.
  func file(_ path: String, limit: Int = ExistingFile.sizeLimit) throws -> ExistingFile? {
    let found = try at(path.utf8) { folder, name -> ExistingFile? in
      do throws(Errno) { return try ExistingFile.read(name, in: folder, limit: limit) } catch {
        throw self.error("read", error)
      }
    }
    return found ?? nil
  }

  /// The bytes of one of Kiln's own files; nil when it is not there.
  /// - Throws: `OutputObstacle` when something else stands there.
  func ownFile(_ path: String) throws -> [UInt8]? {
    guard let file = try file(path, limit: ExistingFile.listSizeLimit) else { return nil }
    switch file.kind {
    case .file: return file.bytes
    case .folder: throw obstacle(.folder)
    case .foreign(let kind): throw obstacle(kind)
    }
  }

  /// What the file system says of `path` itself; nil when there is nothing.
  func status(_ path: some Sequence<UInt8>) throws -> FileStatus? {
    let found = try at(path) { folder, name -> FileStatus? in
      var info = stat()
      if fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 { return FileStatus(info) }
      if errno == ENOENT { return nil }
      throw self.error("examine")
    }
    return found ?? nil
  }
}
