/// An entry of an archive with what a file system knows of it.
package struct ArchiveEntry: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case directory
    /// In bytes.
    case file(size: Int)
    case symbolicLink(target: [UInt8])
    /// Another name of an earlier file, by its path in the archive.
    case hardLink(target: [UInt8])
    /// As in "a FIFO".
    case special(String)
  }

  /// Components separated by `/`, without one at its end; any bytes.
  package var path: [UInt8]
  package var kind: Kind
  /// The twelve bits below the kind.
  package var mode: UInt32
  package var user: Int
  package var group: Int
  /// Seconds since 1970.
  package var time: Int

  package init(
    _ path: [UInt8], _ kind: Kind, mode: UInt32 = 0o644, user: Int = 0, group: Int = 0, time: Int = 0
  ) {
    self.path = path
    self.kind = kind
    self.mode = mode
    self.user = user
    self.group = group
    self.time = time
  }

  /// The path for people: U+FFFD for what is not UTF-8.
  package var name: String { String(decoding: path, as: UTF8.self) }
}
