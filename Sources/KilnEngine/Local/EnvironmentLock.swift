import KilnArtifacts
import KilnProcesses
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A lock that one process has at a time, until it ends or lets go.
package final class EnvironmentLock: Sendable {
  private let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Lets go before the process ends.
  package func release() { _ = flock(descriptor, LOCK_UN) }

  package enum Attempt {
    case taken(EnvironmentLock)
    /// By the process of this number, where it has said so.
    case busy(holder: Int?)
  }

  package static func attempt(_ file: FilePath) throws -> Attempt {
    let descriptor = file.withPlatformString { open($0, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600) }
    guard descriptor >= 0 else { throw FileSystemError("open the lock", file, Errno(rawValue: errno)) }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let refusal = Errno(rawValue: errno)
      var text = [UInt8](repeating: 0, count: 32)
      let count = text.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
      close(descriptor)
      guard refusal == .wouldBlock || refusal == .interrupted else {
        throw FileSystemError("lock", file, refusal)
      }
      return .busy(holder: Int(String(decoding: text.prefix(max(0, count)), as: UTF8.self)))
    }
    let number = Array(String(getpid()).utf8)
    _ = ftruncate(descriptor, 0)
    _ = number.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    return .taken(EnvironmentLock(descriptor))
  }

  /// Waits for the lock; `isBusy` is called once, with who has it.
  package static func wait(for file: FilePath, isBusy: (Int?) -> Void) async throws -> EnvironmentLock {
    Interruption.watch()
    var isReported = false
    while true {
      switch try attempt(file) {
      case .taken(let lock): return lock
      case .busy(let holder):
        if !isReported { isBusy(holder) }
        isReported = true
        try Interruption.check()
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }
}
