import CLibArchive

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads a tar through libarchive, entry by entry; nothing is written anywhere.
package final class ArchiveReader {
  private let archive: OpaquePointer
  private let source: Source

  /// Where libarchive's callback gets the bytes from, and leaves what that threw.
  private final class Source {
    let read: (UnsafeMutableRawBufferPointer) throws -> Int
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    var failure: (any Error)?

    init(_ read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) { self.read = read }
    deinit { buffer.deallocate() }
  }

  /// - Parameter read: Fills the start of a buffer and returns how many bytes it has put there; 0 at the end.
  package init(_ read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) throws {
    guard let archive = archive_read_new() else { throw ArchiveError(attempt: "read the archive", answer: "no memory") }
    self.archive = archive
    source = Source(read)
    try check(archive_read_support_format_tar(archive))
    // An empty one, of which nothing is left but its end.
    try check(archive_read_support_format_empty(archive))
    let opened = archive_read_open(
      archive, Unmanaged.passUnretained(source).toOpaque(), nil,
      { _, context, place in
        guard let context, let place else { return -1 }
        let source = Unmanaged<Source>.fromOpaque(context).takeUnretainedValue()
        do {
          let count = try source.read(source.buffer)
          place.pointee = UnsafeRawPointer(source.buffer.baseAddress)
          return count
        } catch {
          source.failure = error
          return -1
        }
      }, nil)
    try check(opened)
  }

  deinit { _ = archive_read_free(archive) }

  private func check(_ code: Int32) throws {
    if code == ARCHIVE_OK { return }
    if let failure = source.failure { throw failure }
    let answer = archive_error_string(archive).map { String(cString: $0) } ?? "code \(code)"
    throw ArchiveError(attempt: "read the archive", answer: answer)
  }

  /// The next entry; nil at the end. What is left of the last one's bytes is skipped.
  package func next() throws -> ArchiveEntry? {
    var pointer: OpaquePointer?
    let code = archive_read_next_header(archive, &pointer)
    if code == ARCHIVE_EOF { return nil }
    // A warning is about a name that the locale, which is "C", cannot show; it stays the bytes that it is.
    if code != ARCHIVE_WARN { try check(code) }
    guard let pointer, let name = archive_entry_pathname(pointer) else {
      throw ArchiveError(attempt: "read the archive", answer: "an entry has no name")
    }
    var path = Self.bytes(name)
    while path.count > 1, path.last == UInt8(ascii: "/") { path.removeLast() }
    let size = Int(archive_entry_size(pointer))
    return ArchiveEntry(
      path, kind(pointer, size), mode: UInt32(archive_entry_perm(pointer)), user: Int(archive_entry_uid(pointer)),
      group: Int(archive_entry_gid(pointer)), time: Int(archive_entry_mtime(pointer)))
  }

  private func kind(_ entry: OpaquePointer, _ size: Int) -> ArchiveEntry.Kind {
    if let target = archive_entry_hardlink(entry) { return .hardLink(target: Self.bytes(target)) }
    switch mode_t(archive_entry_filetype(entry)) {
    case S_IFDIR: return .directory
    // A few bytes of it may stand for more than any disk has.
    case S_IFREG: return archive_entry_sparse_count(entry) > 0 ? .special("a sparse file") : .file(size: size)
    case S_IFLNK: return .symbolicLink(target: archive_entry_symlink(entry).map(Self.bytes) ?? [])
    case S_IFIFO: return .special("a FIFO")
    case S_IFSOCK: return .special("a socket")
    default: return .special("a device")
    }
  }

  private static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }

  /// Reads on in the entry's bytes.
  /// - Returns: How many there are in the buffer now; 0 at the entry's end.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
    if count < 0 { try check(Int32(truncatingIfNeeded: count)) }
    return max(0, Int(count))
  }

  /// Passes what is left of the entry's bytes on, piece by piece.
  package func rest(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
      while true {
        let count = try read(into: buffer)
        if count == 0 { return }
        try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }
}
