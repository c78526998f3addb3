import KilnArtifacts
package import KilnContext
import KilnDiagnostics

/// A volume's files as one tar: always the same bytes for the same files.
package enum VolumeArchive {
  /// What was written.
  package struct Summary {
    /// The volume's own folder.
    package let root: ArchiveEntry
    /// Besides that folder.
    package let entries: Int
    /// Sockets and the like, which hold no data.
    package let skipped: [String]
  }

  /// Writes what the engine gave of a folder: without the folder's name, times in seconds, no names of accounts.
  package static func write(
    _ spool: SpoolFile, _ output: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Summary {
    try spool.rewind()
    let reader = try ArchiveReader { try spool.read(into: $0) }
    let writer = try ArchiveWriter(time: 0, output)
    var tree = VolumeTree()
    var root: ArchiveEntry?
    var skipped: [String] = []
    while var entry = try reader.next() {
      entry.path = relative(entry.path)
      if VolumeTree.isWork(entry.path) { continue }
      if case .special = entry.kind {
        skipped.append(entry.name)
        continue
      }
      if case .hardLink(let target) = entry.kind { entry.kind = .hardLink(target: relative(target)) }
      try tree.add(entry)
      root = root ?? entry
      try copy(entry, from: reader, to: writer)
    }
    try writer.close()
    guard let root else { throw BackupProblem("the engine gave nothing of the volume") }
    return Summary(root: root, entries: tree.count, skipped: skipped)
  }

  /// Below the folder that the engine was asked for.
  private static func relative(_ path: [UInt8]) -> [UInt8] {
    path.firstIndex(of: UInt8(ascii: "/")).map { Array(path[($0 + 1)...]) } ?? VolumeTree.root
  }

  /// Checks a volume's tar, and writes it for the engine to unpack, all below `prefix`.
  /// - Parameter writer: Nil to check only.
  package static func read(
    _ reader: ArchiveReader, below prefix: String = "", to writer: ArchiveWriter?
  ) throws -> Summary {
    var tree = VolumeTree()
    var root: ArchiveEntry?
    func placed(_ path: [UInt8]) -> [UInt8] {
      Array(prefix.utf8) + (path == VolumeTree.root ? [] : [UInt8(ascii: "/")] + path)
    }
    while var entry = try reader.next() {
      try tree.add(entry)
      root = root ?? entry
      guard let writer else {
        try reader.rest { _ in }
        continue
      }
      entry.path = placed(entry.path)
      if case .hardLink(let target) = entry.kind { entry.kind = .hardLink(target: placed(target)) }
      try copy(entry, from: reader, to: writer)
    }
    guard let root else { throw BackupProblem("the volume has not even its own folder") }
    return Summary(root: root, entries: tree.count, skipped: [])
  }

  private static func copy(_ entry: ArchiveEntry, from reader: ArchiveReader, to writer: ArchiveWriter) throws {
    try writer.begin(entry)
    if case .file = entry.kind { try reader.rest { try writer.write($0) } }
  }
}
