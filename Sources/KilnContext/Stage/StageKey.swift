import KilnArtifacts
import KilnProcesses
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Tells what this account has written from what others bring, with a key that is in no workspace.
package enum AccountKey {
  /// The first eight bytes of an HMAC.
  package static func number(of bytes: [UInt8]) -> UInt64 { StageKey.own.number(of: bytes) }
}

/// Gives each content of a file a time of its own, which nobody can foresee who has not the key.
///
/// BuildKit takes a file of equal path, size and time for the one that it has. A time has 58 bits: whoever could compute the
/// times would find two contents of one time in minutes, and an image would get the other's file under this one's digest.
struct StageKey: Sendable {
  /// This account's, in `$XDG_STATE_HOME/kiln/stage.key` or `~/.local/state/kiln/stage.key`: outside of workspaces, whose
  /// files come from others, and lasting, so that the engine need not be sent everything each time. Where it cannot be kept,
  /// one for this process.
  static let own = StageKey(keptIn: ProcessEnvironment.stateFolder)

  private static let size = 32

  private let key: DigestKey

  init(keptIn folder: FilePath?) {
    key = DigestKey(folder.flatMap(Self.kept) ?? Self.random())
  }

  fileprivate func number(of bytes: [UInt8]) -> UInt64 { key.number(of: bytes) }

  private static func random() -> [UInt8] { (0..<size).map { _ in UInt8.random(in: 0 ... .max) } }

  private static func kept(_ folder: FilePath) -> [UInt8]? {
    let file = folder.appending("stage.key")
    if let key = read(file) { return key }
    // Of two processes that make it at once, the first one's counts for both: what stands there is not replaced.
    if file.isThere || file.isLink { file.removeAll() }
    let own = folder.appending(".stage.key-\(UInt64.random(in: 0 ... .max))")
    defer { own.removeAll() }
    do {
      try folder.makeFolders(mode: 0o700)
      let output = try FileDescriptor.open(
        own, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: FilePermissions(rawValue: 0o600))
      _ = try output.closeAfter { try output.writeAll(random()) }
    } catch { return nil }
    _ = own.withPlatformString { from in file.withPlatformString { link(from, $0) } }
    return read(file)
  }

  /// Nil for a file that another account may have written or read.
  private static func read(_ file: FilePath) -> [UInt8]? {
    var status = stat()
    guard file.withPlatformString({ lstat($0, &status) }) == 0, status.st_uid == geteuid(), status.st_mode & 0o077 == 0,
      let bytes = try? RegularFile.read(file, limit: 1 << 10, following: .refused), bytes.count == size
    else { return nil }
    return bytes
  }

  /// - Parameter content: A file's SHA-256, hexadecimal.
  func time(of content: [UInt8]) -> timespec {
    let number = key.number(of: content)
    return timespec(
      tv_sec: 0x2000_0000 + Int(number >> 36), tv_nsec: Int(number & 0xFFFF_FFFF) % 1_000_000_000)
  }
}
