import KilnArtifacts
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The folders of one image's contexts, which no other process adds to or removes from while this is kept.
///
/// ```
/// app                              → app.staged/<digest>/app, the newest
/// app.staged/<digest>/app          a context; locked by who uses it
/// app.staged/<digest>/state        its records
/// app.staged/<digest>/handed-out   made when it was last given to a program that nobody waits for
/// app.staged/.new-…, .gone-…       being made, or removed
/// ```
final class StageStore {
  /// What was handed out is kept for so long after, in seconds.
  private static let handedOutTime = 3600

  let name: [UInt8]
  private let link: FilePath
  private let path: FilePath
  let folder: OpenFolder
  private let lock: StageLock

  init(_ link: FilePath, below root: FilePath, check: () throws -> Void) throws {
    self.link = link
    name = Array((link.lastComponent?.string ?? "").utf8)
    path = FilePath(link.string + ".staged")
    try UnlinkedFolder.make(path, below: root)
    lock = try StageLock.alone(path, check: check)
    folder = try OpenFolder.open(path, isLinkFollowed: false)
  }

  static func state(of folder: FilePath) -> FilePath { folder.appending("state") }

  private func stage(_ digest: String) -> FilePath { path.appending(digest) }
  func tree(_ digest: String) -> FilePath { stage(digest).appending(String(decoding: name, as: UTF8.self)) }

  static func isDigest(_ name: some Collection<UInt8>) -> Bool {
    name.count == 64 && name.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// The newest folder, with its records; nil where there is none or somebody has changed them.
  func latest() -> (digest: String, records: StageRecords)? {
    guard let text = target() else { return nil }
    let parts = FilePath(text).components.map(\.string)
    guard parts.count == 3, Self.isDigest(parts[1].utf8), text == self.text(parts[1]) else { return nil }
    let records = StageRecords(reading: Self.state(of: stage(parts[1])))
    return records.digest == parts[1] ? (parts[1], records) : nil
  }

  private func target() -> String? {
    var own = [CChar](repeating: 0, count: 4096)
    let count = link.withPlatformString { readlink($0, &own, own.count) }
    return count < 0 ? nil : String(decoding: own[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private func text(_ digest: String) -> String {
    "\(path.lastComponent?.string ?? "")/\(digest)/\(String(decoding: name, as: UTF8.self))"
  }

  /// What is noted of the folder of `digest`; nothing where it is not there.
  func records(of digest: String) -> StageRecords { StageRecords(reading: Self.state(of: stage(digest))) }

  /// The records with their files' times of change, where the folder of `digest` is there and holds what they say; one that
  /// does not is removed.
  func matched(_ records: StageRecords, of digest: String) throws -> StageRecords? {
    let own = Array(digest.utf8)
    guard folder.hasFolder(own) else { return nil }
    if try folder.open(own).hasFolder(name), let found = try StageTree(tree(digest)).matched(records) { return found }
    try discard(own)
    return nil
  }

  /// Takes a name away at once, and then what it named.
  private func discard(_ name: [UInt8]) throws {
    let gone = Array(".gone-\(UInt64.random(in: 0 ... .max))".utf8)
    try folder.rename(name, to: folder, gone)
    try folder.remove(gone)
  }

  /// Notes what is known of the sources of a folder that is there.
  func write(_ records: StageRecords, of digest: String) throws {
    let output = try AtomicFile.create(at: Self.state(of: stage(digest)))
    try records.bytes.withUnsafeBytes { try output.write($0) }
    try output.commit(mode: FilePermissions(rawValue: 0o644))
  }

  /// Locks the folder of `digest` for use, makes it the newest, and removes those that nobody uses.
  /// - Returns: The lock, and whether anything was removed.
  func use(_ digest: String, isHandedOut: Bool) throws -> (StageLock, isSwept: Bool) {
    guard let use = try StageLock.shared(stage(digest)) else {
      throw FileSystemError("lock", stage(digest), .resourceTemporarilyUnavailable)
    }
    if isHandedOut {
      let mark = try AtomicFile.create(at: stage(digest).appending("handed-out"))
      try mark.commit(mode: FilePermissions(rawValue: 0o644))
    }
    if target() != text(digest) { try point(to: digest) }
    return (use, try sweep(keeping: digest))
  }

  private func point(to digest: String) throws {
    var status = stat()
    // Earlier versions kept one folder here, and its state beside it.
    if link.withPlatformString({ lstat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFDIR {
      let outer = try OpenFolder.open(link.removingLastComponent(), isLinkFollowed: false)
      let gone = Array(".gone-\(UInt64.random(in: 0 ... .max))".utf8)
      try outer.rename(name, to: folder, gone)
      try outer.remove(name + Array(".state".utf8))
    }
    let temporary = link.removingLastComponent().appending(".kiln-link-\(UInt64.random(in: 0 ... .max))")
    let made = temporary.withPlatformString { at in text(digest).withCString { symlink($0, at) } }
    guard made == 0 else { throw FileSystemError("make the link", temporary, Errno(rawValue: errno)) }
    let renamed = temporary.withPlatformString { from in link.withPlatformString { rename(from, $0) } }
    guard renamed == 0 else {
      let answer = Errno(rawValue: errno)
      _ = temporary.withPlatformString { unlink($0) }
      throw FileSystemError("replace", link, answer)
    }
  }

  private func sweep(keeping digest: String) throws -> Bool {
    var isSwept = false
    for item in try folder.list() {
      if item.name.starts(with: ".new-".utf8) || item.name.starts(with: ".gone-".utf8) {
        // What is made is made under the lock: these are of processes that were killed.
        try folder.remove(item.name)
      } else if item.kind.isDirectory, Self.isDigest(item.name), !item.name.elementsEqual(digest.utf8) {
        let old = stage(String(decoding: item.name, as: UTF8.self))
        if Self.wasHandedOut(old) { continue }
        guard let lock = try StageLock.aloneNow(old) else { continue }
        try withExtendedLifetime(lock) { try discard(item.name) }
        isSwept = true
      }
    }
    return isSwept
  }

  /// The digest of the newest folder, as the link beside `path` says; nil where it says nothing.
  static func newest(of path: FilePath) -> String? {
    let link = FilePath(String(path.string.dropLast(".staged".count)))
    var own = [CChar](repeating: 0, count: 4096)
    let count = link.withPlatformString { readlink($0, &own, own.count) }
    guard count > 0 else { return nil }
    let parts = String(decoding: own[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: "/")
    return parts.count == 3 && isDigest(parts[1].utf8) ? String(parts[1]) : nil
  }

  /// Whether nobody has the folder, and it was not handed out just now.
  static func isUnused(_ stage: FilePath) throws -> Bool {
    try !wasHandedOut(stage) && StageLock.aloneNow(stage) != nil
  }

  private static func wasHandedOut(_ stage: FilePath) -> Bool {
    var status = stat()
    guard stage.appending("handed-out").withPlatformString({ lstat($0, &status) }) == 0 else { return false }
    return FileStatus(status).modified > FileStatus.now - handedOutTime * 1_000_000_000
  }
}
