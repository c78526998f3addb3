import KilnArtifacts
public import KilnDiagnostics
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Packs a context into a tarball: the same input gives the same bytes on every machine.
///
/// Entries are sorted by path bytes; modes are 0755 and 0644, owners 0, times one.
public struct ContextPacker: Sendable {
  private let compression: Compression
  private let threads: Int
  private let time: Int

  /// - Parameters:
  ///   - threads: For compression; the bytes do not depend on it.
  ///   - time: Seconds since 1970 that every entry has, `SOURCE_DATE_EPOCH` by convention.
  public init(compression: Compression = .none, threads: Int = 1, time: Int = 0) {
    self.compression = compression
    self.threads = threads
    self.time = time
  }

  /// Writes the archive to `output` in pieces.
  ///
  /// - Parameter progress: Told of every entry; what it throws ends the packing.
  /// - Throws: `DiagnosticsError` for what is wrong with the context, `FileSystemError` and `ArchiveError` for the
  ///   machine. What was written until then is no archive.
  public func pack(
    _ source: ContextSource, progress: (ContextEntry) throws -> Void = { _ in },
    to output: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> PackedContext {
    try withoutActuallyEscaping(output) { output in
      try withoutActuallyEscaping(progress) { progress in
        try ContextPacking(source, compression, threads: threads, time: time, progress, output).run()
      }
    }
  }

  /// The entries that would be packed, in order, without reading any file; and warnings.
  public static func list(_ source: ContextSource) throws -> (entries: [ContextEntry], warnings: [Diagnostic]) {
    var entries: [ContextEntry] = []
    var advice = ContextAdvice(source)
    var walk = ContextWalk(source) { entry, place in
      advice.see(
        entry, matched: place?.matched ?? [], size: { place.flatMap { try? $0.folder.size(of: $0.name) } ?? 0 })
      entries.append(entry)
    }
    try walk.run()
    if walk.problems.hasErrors { throw DiagnosticsError(walk.problems) }
    return (entries, walk.problems + advice.finish(usedRules: walk.usedRules))
  }
}

/// One packing.
private final class ContextPacking {
  private static let bufferSize = 1 << 18

  private let source: ContextSource
  private let time: Int
  private let progress: (ContextEntry) throws -> Void
  private let compressor: any Compressor
  private let isCompressed: Bool
  private let written: Written
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 64)
  private let tar: BlockStream
  private var advice: ContextAdvice
  private var files = 0
  private var directories = 0
  private var links = 0
  private var bytes = 0
  private var largest: PackedContext.Largest?
  private var tokens: TokenPass

  /// What has left the packer.
  private final class Written {
    var count = 0
    var digest = StreamDigest()
  }

  init(
    _ source: ContextSource, _ compression: Compression, threads: Int, time: Int,
    _ progress: @escaping (ContextEntry) throws -> Void, _ output: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    self.source = source
    self.time = time
    self.progress = progress
    advice = ContextAdvice(source)
    tokens = TokenPass(source)
    isCompressed = compression != .none
    let written = Written()
    self.written = written
    let hashes = isCompressed
    let pass: (UnsafeRawBufferPointer) throws -> Void = { bytes in
      written.count += bytes.count
      if hashes { written.digest.update(bytes) }
      try output(bytes)
    }
    switch compression {
    case .none: compressor = PassThrough(pass)
    case .gzip: compressor = GzipCompressor(threads: threads, pass)
    case .zstd: compressor = try ZstdCompressor(threads: threads, pass)
    }
    tar = BlockStream { [compressor] in try compressor.write($0) }
  }

  deinit {
    buffer.deallocate()
  }

  func run() throws -> PackedContext {
    let archive = try ArchiveWriter(time: time) { [tar] in try tar.write($0) }
    var walk = ContextWalk(source) { [self] entry, place in
      try progress(entry)
      try add(entry, place, to: archive)
    }
    try walk.run()
    let found = walk.problems + tokens.finish()
    if found.hasErrors { throw DiagnosticsError(found.inCanonicalOrder()) }
    try archive.close()
    let tarDigest = try tar.finish()
    try compressor.finish()
    return PackedContext(
      digest: isCompressed ? written.digest.hex : tarDigest, tarDigest: tarDigest, size: written.count, files: files,
      directories: directories, links: links, bytes: bytes, largest: largest,
      warnings: (found + advice.finish(usedRules: walk.usedRules)).inCanonicalOrder())
  }

  /// The path in the archive.
  private func path(_ entry: ContextEntry) -> [UInt8] { source.path(of: entry) }

  private func add(_ entry: ContextEntry, _ place: ContextWalk.Place?, to archive: ArchiveWriter) throws {
    switch entry.kind {
    case .directory:
      directories += 1
      try archive.begin(path(entry), type: S_IFDIR, mode: 0o755)
      advice.see(entry, matched: place?.matched ?? [], size: { 0 })
    case .symbolicLink(let target):
      links += 1
      try archive.begin(path(entry), type: S_IFLNK, mode: 0o777, target: target)
      advice.see(entry, matched: place?.matched ?? [], size: { 0 })
    case .contents(let bytes): try add(entry, place, bytes: bytes, mode: 0o644, to: archive)
    case .file:
      guard let place else { return }
      try addFile(entry, place, to: archive)
    }
  }

  private func add(
    _ entry: ContextEntry, _ place: ContextWalk.Place?, bytes: [UInt8], mode: mode_t, to archive: ArchiveWriter
  ) throws {
    count(entry, place, bytes.count)
    try archive.begin(path(entry), type: S_IFREG, mode: mode, size: Int64(bytes.count))
    try bytes.withUnsafeBytes { try archive.write($0) }
  }

  private func count(_ entry: ContextEntry, _ place: ContextWalk.Place?, _ size: Int) {
    files += 1
    bytes += size
    if size > largest?.bytes ?? -1 { largest = .init(path: entry.name, bytes: size) }
    advice.see(entry, matched: place?.matched ?? [], size: { size })
  }

  private func addFile(_ entry: ContextEntry, _ place: ContextWalk.Place, to archive: ArchiveWriter) throws {
    let descriptor = try place.folder.openFile(place.name)
    defer { close(descriptor) }
    var before = stat()
    guard fstat(descriptor, &before) == 0 else { throw place.folder.error("examine", place.name) }
    guard before.st_mode & S_IFMT == S_IFREG else { throw changed(entry, "it is no regular file now") }
    let mode: mode_t = before.st_mode & S_IXUSR != 0 ? 0o755 : 0o644
    if tokens.isListed(entry) {
      return try add(
        entry, place,
        bytes: tokens.replaced(entry, size: Int(before.st_size)) {
          try place.readAll(descriptor, through: buffer)
        }, mode: mode, to: archive)
    }
    let size = Int(before.st_size)
    count(entry, place, size)
    try archive.begin(path(entry), type: S_IFREG, mode: mode, size: Int64(size))
    var left = size
    while left > 0 {
      let got = try place.read(
        descriptor, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, buffer.count)]))
      guard got > 0 else { throw changed(entry, "it shrank") }
      left -= got
      try archive.write(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
    }
    var after = stat()
    guard fstat(descriptor, &after) == 0 else { throw place.folder.error("examine", place.name) }
    guard after.st_size <= before.st_size else { throw changed(entry, "it grew") }
    guard FileStatus(before) == FileStatus(after) else { throw changed(entry, "it was written to") }
  }

  private func changed(_ entry: ContextEntry, _ how: String) -> DiagnosticsError { .changed(entry, how) }
}
