import CLibArchive
import KilnDiagnostics

/// What libarchive answered.
public struct ArchiveError: Error, Sendable, Equatable, CustomStringConvertible {
  public let attempt: String
  public let answer: String

  public var description: String { "cannot \(attempt): \(answer)" }
}

/// Writes a GNU tar through libarchive: paths and links of any bytes and length, files of any size.
///
/// Everything that would differ between machines is fixed: owner 0, modes 0755 and 0644, one time, no names, no padding.
/// Entries of data alone have attributes of their own.
package final class ArchiveWriter {
  private let archive: OpaquePointer
  private let entry: OpaquePointer
  private let time: Int
  private let sink: Sink

  /// Where libarchive's callback finds the bytes' destination, and leaves what it threw.
  private final class Sink {
    let write: (UnsafeRawBufferPointer) throws -> Void
    var failure: (any Error)?

    init(_ write: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.write = write }
  }

  /// - Parameter time: Seconds since 1970, of every entry.
  package init(time: Int, _ write: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
    guard let archive = archive_write_new(), let entry = archive_entry_new() else {
      throw ArchiveError(attempt: "begin the archive", answer: "no memory")
    }
    self.archive = archive
    self.entry = entry
    self.time = time
    sink = Sink(write)
    try check("begin the archive", archive_write_set_format_gnutar(archive))
    try check("begin the archive", archive_write_add_filter_none(archive))
    // Blocks are the sink's own; none is padded.
    try check("begin the archive", archive_write_set_bytes_per_block(archive, 0))
    try check("begin the archive", archive_write_set_bytes_in_last_block(archive, 1))
    let opened = archive_write_open(
      archive, Unmanaged.passUnretained(sink).toOpaque(), nil,
      { _, context, bytes, count in
        guard let context, let bytes else { return -1 }
        let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
        do {
          try sink.write(UnsafeRawBufferPointer(start: bytes, count: count))
          return count
        } catch {
          sink.failure = error
          return -1
        }
      }, nil)
    try check("begin the archive", opened)
  }

  deinit {
    archive_entry_free(entry)
    // What is not closed is not a whole archive: nothing more is written.
    sink.failure = sink.failure ?? CancellationError()
    _ = archive_write_fail(archive)
    _ = archive_write_free(archive)
  }

  private func check(_ attempt: String, _ code: Int32) throws {
    if code == ARCHIVE_OK { return }
    if let failure = sink.failure { throw failure }
    let answer = archive_error_string(archive).map { String(cString: $0) } ?? "code \(code)"
    // A warning means that an entry is not as it was given: that is no archive of ours.
    throw ArchiveError(attempt: attempt, answer: answer)
  }

  /// Whose an entry is, and when it was changed.
  struct Attributes {
    var user = 0
    var group = 0
    var time: Int
  }

  /// Begins an entry; `size` bytes of data must follow.
  /// - Parameters:
  ///   - target: Of a symbolic link.
  ///   - original: The earlier entry that it is another name of.
  ///   - attributes: Nil for the archive's own.
  func begin(
    _ path: [UInt8], type: mode_t, mode: mode_t, size: Int64 = 0, target: [UInt8]? = nil, original: [UInt8]? = nil,
    attributes: Attributes? = nil
  ) throws {
    let attributes = attributes ?? Attributes(time: time)
    archive_entry_clear(entry)
    path.withCString { archive_entry_copy_pathname(entry, $0) }
    if let target { target.withCString { archive_entry_copy_symlink(entry, $0) } }
    if let original { original.withCString { archive_entry_copy_hardlink(entry, $0) } }
    archive_entry_set_filetype(entry, UInt32(type))
    archive_entry_set_perm(entry, mode)
    archive_entry_set_size(entry, size)
    archive_entry_set_mtime(entry, attributes.time, 0)
    archive_entry_set_uid(entry, Int64(attributes.user))
    archive_entry_set_gid(entry, Int64(attributes.group))
    try check("write \(String(decoding: path, as: UTF8.self))", archive_write_header(archive, entry))
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while let base = rest.baseAddress, !rest.isEmpty {
      let count = archive_write_data(archive, base, rest.count)
      guard count > 0 else {
        if let failure = sink.failure { throw failure }
        throw ArchiveError(
          attempt: "write the archive",
          answer: archive_error_string(archive).map { String(cString: $0) } ?? "no answer")
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  package func close() throws { try check("end the archive", archive_write_close(archive)) }
}
