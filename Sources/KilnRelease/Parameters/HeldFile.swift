package import KilnArtifacts
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A regular file that no other kiln changes while this value lives: a lock on the file itself.
///
/// Who changes a file gives its name to a new one, and the lock stays on the old: so after each wait the name is looked up
/// again.
package final class HeldFile: Sendable {
  private let descriptor: FileDescriptor
  private let status: FileStatus

  private init(_ descriptor: FileDescriptor, _ status: FileStatus) {
    self.descriptor = descriptor
    self.status = status
  }

  /// - Parameter onWait: Called once when another process has it.
  /// - Returns: Nil for a file that is among `others`, under this name or another.
  package static func hold(
    _ path: FilePath, beside others: [HeldFile], onWait: () -> Void
  ) throws(RegularFile.Failure) -> HeldFile? {
    var hasWaited = false
    while true {
      let (descriptor, status) = try RegularFile.open(path)
      let file = HeldFile(descriptor, status)
      if others.contains(where: { $0.isSame(as: status) }) { return nil }
      // Where the file system has no locks, one run at a time is the user's to see to.
      if flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
        if !hasWaited { onWait() }
        hasWaited = true
        while flock(descriptor.rawValue, LOCK_EX) != 0, errno == EINTR {}
      }
      var named = stat()
      if path.withPlatformString({ stat($0, &named) }) == 0, file.isSame(as: FileStatus(named)) { return file }
    }
  }

  private func isSame(as other: FileStatus) -> Bool { status.device == other.device && status.inode == other.inode }

  deinit { try? descriptor.close() }
}
