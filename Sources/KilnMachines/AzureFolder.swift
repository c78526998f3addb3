import KilnArtifacts
import KilnEngine
import KilnProcesses
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A private folder for what is handed to `az`, passwords among it: in memory where the system has such a place, and gone
/// with the next command where this one was killed.
struct AzureFolder {
  let path: FilePath
  /// Held as long as the folder is used: who finds it free finds a folder that nobody uses.
  private let lock: FileDescriptor

  private static let prefix = "kiln-azure-"
  private static let lockName = "lock"
  /// Nanoseconds in which a new folder gets its lock.
  private static let grace = 60_000_000_000

  init(in place: FilePath = SecretFiles.place) throws {
    Self.removeLeft(in: place)
    path = try FilePath.privateFolder(String(Self.prefix.dropLast()), in: place)
    lock = try FileDescriptor.open(
      path.appending(Self.lockName), .readWrite, options: [.create, .closeOnExec],
      permissions: [.ownerRead, .ownerWrite])
    _ = flock(lock.rawValue, LOCK_EX | LOCK_NB)
  }

  func remove() {
    path.removeAll()
    try? lock.close()
  }

  /// Folders of this account that killed commands have left.
  private static func removeLeft(in place: FilePath) {
    for name in (try? place.names()) ?? [] where name.hasPrefix(prefix) {
      let folder = place.appending(name)
      var status = stat()
      guard folder.withPlatformString({ lstat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFDIR,
        status.st_uid == geteuid()
      else { continue }
      let age = FileStatus.now - FileStatus(status).modified
      guard
        let lock = try? FileDescriptor.open(folder.appending(lockName), .readWrite, options: [.noFollow, .closeOnExec])
      else {
        if age > grace { folder.removeAll() }
        continue
      }
      if flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 { folder.removeAll() }
      try? lock.close()
    }
  }
}
