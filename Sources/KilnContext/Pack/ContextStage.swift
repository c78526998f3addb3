import KilnArtifacts
public import KilnDiagnostics
public import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a folder for the engine holds now.
public struct StagedContext: Sendable, Equatable {
  /// SHA-256 over every path, type, executable bit and content; the same on every machine. Hexadecimal.
  public let digest: String
  public let files: Int
  /// Files that were read and written, and paths that were removed.
  public let written: Int
  public let removed: Int
  public let warnings: [Diagnostic]
}

/// A folder that is kept equal to a context, for engines that take folders faster than archives.
///
/// Only files that changed are read. A file's time is derived from its contents: BuildKit takes a file of equal size and
/// time for the one that it knows, so equal times for other contents would give a stale file.
public struct ContextStage: Sendable {
  /// The folder that the engine is given.
  public let folder: FilePath
  private var stateFile: FilePath { FilePath(folder.string + ".state") }

  public init(_ folder: FilePath) { self.folder = folder }

  /// Makes the folder what `source` says.
  public func update(_ source: ContextSource, check: () throws -> Void = {}) throws -> StagedContext {
    try withoutActuallyEscaping(check) { check in
      let staging = try ContextStaging(folder: folder, source: source, known: StageState(reading: stateFile), check)
      let result = try staging.run()
      try staging.state.write(to: stateFile)
      return result
    }
  }
}

/// What is known of the files that were staged last.
struct StageState {
  struct Record: Equatable {
    /// Of the source when it was read; empty where it may have changed at once.
    let status: String
    /// Of the contents, hexadecimal.
    let digest: String
  }

  var files: [[UInt8]: Record] = [:]

  init() {}

  /// A state that cannot be read is none: everything is then read again.
  init(reading file: FilePath) throws {
    guard let bytes = try ContextFolder.contents(file) else { return }
    for record in bytes.split(separator: 0) {
      let parts = record.split(separator: 0x09, maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      files[Array(parts[2])] = Record(
        status: String(decoding: parts[0], as: UTF8.self), digest: String(decoding: parts[1], as: UTF8.self))
    }
  }

  func write(to file: FilePath) throws {
    var bytes: [UInt8] = []
    for (path, record) in files.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      bytes += Array("\(record.status)\t\(record.digest)\t".utf8) + path + [0]
    }
    let output = try AtomicFile.create(at: file)
    try bytes.withUnsafeBytes { try output.write($0) }
    try output.commit(mode: FilePermissions(rawValue: 0o644))
  }
}

/// One update.
private final class ContextStaging {
  private let folder: FilePath
  private let source: ContextSource
  private let known: StageState
  private let check: () throws -> Void
  private let now = FileStatus.now
  private(set) var state = StageState()
  private var paths: Set<[UInt8]> = []
  private var digest = StreamDigest()
  private var tokens: TokenPass
  private var advice: ContextAdvice
  private var files = 0
  private var written = 0
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)

  init(folder: FilePath, source: ContextSource, known: StageState, _ check: @escaping () throws -> Void) throws {
    self.folder = folder
    self.source = source
    self.known = known
    self.check = check
    tokens = TokenPass(source.tokens)
    advice = ContextAdvice(source)
    try Self.makeFolder(folder)
  }

  deinit { buffer.deallocate() }

  func run() throws -> StagedContext {
    var walk = ContextWalk(source) { [self] entry, place in
      try check()
      try stage(entry, place)
    }
    try walk.run()
    let problems = walk.problems + tokens.finish()
    if problems.hasErrors { throw DiagnosticsError(problems.inCanonicalOrder()) }
    let gone = try strays()
    // What is in a folder comes after it: it is removed before.
    for path in gone.reversed() { try remove(path) }
    return StagedContext(
      digest: digest.hex, files: files, written: written, removed: gone.count,
      warnings: (problems + advice.finish(usedRules: walk.usedRules)).inCanonicalOrder())
  }

  /// What is in the folder and not in the context: what was there before, and what a killed update left.
  private func strays() throws -> [[UInt8]] {
    var found: [[UInt8]] = []
    var walk = ContextWalk(ContextSource(folder: folder)) { [paths] entry, _ in
      if !paths.contains(entry.path) { found.append(entry.path) }
    }
    try walk.run()
    return found
  }

  private func add(_ kind: String, _ path: [UInt8], _ content: [UInt8]) {
    (Array("\(kind)\0".utf8) + path + [0] + content + [0]).withUnsafeBytes { digest.update($0) }
  }

  private func target(_ path: [UInt8]) -> FilePath {
    return folder.pushing(FilePath(bytes: path))
  }

  private func stage(_ entry: ContextEntry, _ place: ContextWalk.Place?) throws {
    let path = source.path(of: entry)
    let target = target(path)
    paths.insert(path)
    switch entry.kind {
    case .directory:
      add("d", path, [])
      advice.see(entry, size: { 0 })
      try makeWay(for: target, S_IFDIR)
      try Self.makeFolder(target)
    case .symbolicLink(let text):
      add("l", path, text)
      advice.see(entry, size: { 0 })
      try makeLink(target, text)
    case .contents(let bytes): try stage(entry, path, target, bytes: bytes, isExecutable: false)
    case .file:
      guard let place else { return }
      try stageFile(entry, path, target, place)
    }
  }

  private func count(_ entry: ContextEntry, _ path: [UInt8], _ hex: String, _ size: Int, isExecutable: Bool) {
    files += 1
    advice.see(entry, size: { size })
    add(isExecutable ? "x" : "f", path, Array(hex.utf8))
  }

  private func stage(_ entry: ContextEntry, _ path: [UInt8], _ target: FilePath, bytes: [UInt8], isExecutable: Bool)
    throws
  {
    let hex = ContentDigest(of: bytes).hex
    count(entry, path, hex, bytes.count, isExecutable: isExecutable)
    state.files[path] = .init(status: "", digest: hex)
    if isStaged(target, hex, bytes.count, isExecutable) { return }
    try makeWay(for: target, S_IFREG)
    let file = try AtomicFile.create(at: target)
    try bytes.withUnsafeBytes { try file.write($0) }
    try finish(file, hex, isExecutable)
  }

  private func stageFile(_ entry: ContextEntry, _ path: [UInt8], _ target: FilePath, _ place: ContextWalk.Place) throws
  {
    let before = FileStatus(try place.folder.status(of: place.name))
    let isExecutable = before.mode & Int(S_IXUSR) != 0
    if !tokens.isListed(entry), let record = known.files[path], record.status == before.text,
      isStaged(target, record.digest, before.size, isExecutable)
    {
      count(entry, path, record.digest, before.size, isExecutable: isExecutable)
      state.files[path] = record
      return
    }
    let descriptor = try place.folder.openFile(place.name)
    defer { close(descriptor) }
    if tokens.isListed(entry) {
      let text = tokens.replaced(entry, try place.readAll(descriptor, through: buffer))
      return try stage(entry, path, target, bytes: text, isExecutable: isExecutable)
    }
    try makeWay(for: target, S_IFREG)
    let file = try AtomicFile.create(at: target)
    var own = StreamDigest()
    while true {
      let got = try place.read(descriptor, into: buffer)
      if got == 0 { break }
      let piece = UnsafeRawBufferPointer(rebasing: buffer[..<got])
      own.update(piece)
      try file.write(piece)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw place.folder.error("examine", place.name) }
    guard FileStatus(status) == before else { throw DiagnosticsError.changed(entry, "it was written to") }
    let hex = own.hex
    count(entry, path, hex, before.size, isExecutable: isExecutable)
    // A file that changed just now may change again within the clock's tick.
    state.files[path] = .init(status: before.isSettled(at: now) ? before.text : "", digest: hex)
    try finish(file, hex, isExecutable)
  }

  /// Seconds and nanoseconds that stand for contents.
  private static func time(of hex: String) -> timespec {
    let seconds = UInt32(hex.prefix(7), radix: 16) ?? 0
    let nanoseconds = (UInt32(hex.dropFirst(7).prefix(8), radix: 16) ?? 0) % 1_000_000_000
    return timespec(tv_sec: 0x2000_0000 + Int(seconds), tv_nsec: Int(nanoseconds))
  }

  private func isStaged(_ target: FilePath, _ hex: String, _ size: Int, _ isExecutable: Bool) -> Bool {
    var status = stat()
    guard target.withPlatformString({ lstat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return false
    }
    let own = FileStatus(status)
    return own.size == size && own.modified == FileStatus.nanoseconds(Self.time(of: hex))
      && own.mode & 0o777 == (isExecutable ? 0o755 : 0o644)
  }

  private func finish(_ file: consuming AtomicFile, _ hex: String, _ isExecutable: Bool) throws {
    written += 1
    let time = Self.time(of: hex)
    guard futimens(file.descriptor.rawValue, [time, time]) == 0 else {
      throw FileSystemError("set the time of", file.path, Errno(rawValue: errno))
    }
    try file.commit(mode: FilePermissions(rawValue: isExecutable ? 0o755 : 0o644))
  }

  private func makeLink(_ target: FilePath, _ text: [UInt8]) throws {
    var own = [CChar](repeating: 0, count: text.count + 1)
    let count = target.withPlatformString { readlink($0, &own, own.count) }
    if count == text.count, zip(own, text).allSatisfy({ UInt8(bitPattern: $0) == $1 }) { return }
    written += 1
    try makeWay(for: target, nil)
    let made = text.withCString { text in target.withPlatformString { symlink(text, $0) } }
    guard made == 0 else { throw FileSystemError("make the link", target, Errno(rawValue: errno)) }
    // Every link has one time.
    let zero = timespec(tv_sec: 0x2000_0000, tv_nsec: 0)
    _ = target.withPlatformString { utimensat(AT_FDCWD, $0, [zero, zero], AT_SYMLINK_NOFOLLOW) }
  }

  /// Takes away what is of another type than what is to stand there; nil: whatever is there.
  private func makeWay(for target: FilePath, _ type: mode_t?) throws {
    var status = stat()
    guard target.withPlatformString({ lstat($0, &status) }) == 0 else { return }
    let own = status.st_mode & S_IFMT
    if own == type { return }
    if own == S_IFDIR { return try removeTree(target) }
    guard target.withPlatformString({ unlink($0) }) == 0 else {
      throw FileSystemError("remove", target, Errno(rawValue: errno))
    }
  }

  private func removeTree(_ path: FilePath) throws {
    let inner = try OpenFolder.open(path)
    for item in try inner.list() {
      let child = path.pushing(FilePath(bytes: item.name))
      if item.kind.isDirectory {
        try removeTree(child)
      } else if child.withPlatformString({ unlink($0) }) != 0 {
        throw FileSystemError("remove", child, Errno(rawValue: errno))
      }
    }
    guard path.withPlatformString({ rmdir($0) }) == 0 else {
      throw FileSystemError("remove", path, Errno(rawValue: errno))
    }
  }

  /// Removes what is no longer in the context; what was made way for is gone already.
  private func remove(_ path: [UInt8]) throws {
    let target = target(path)
    var status = stat()
    guard target.withPlatformString({ lstat($0, &status) }) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR { return try removeTree(target) }
    guard target.withPlatformString({ unlink($0) }) == 0 else {
      throw FileSystemError("remove", target, Errno(rawValue: errno))
    }
  }

  private static func makeFolder(_ path: FilePath) throws {
    if path.withPlatformString({ mkdir($0, 0o755) }) == 0 || errno == EEXIST { return }
    guard errno == ENOENT else { throw FileSystemError("make the folder", path, Errno(rawValue: errno)) }
    try makeFolder(path.removingLastComponent())
    guard path.withPlatformString({ mkdir($0, 0o755) }) == 0 || errno == EEXIST else {
      throw FileSystemError("make the folder", path, Errno(rawValue: errno))
    }
  }
}
