import KilnArtifacts
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A folder that is to hold what records say.
struct StageTree {
  private let folder: FilePath

  init(_ folder: FilePath) { self.folder = folder }

  private struct Other: Error {}

  /// Whether everything is there and nothing else.
  func holds(_ records: StageRecords) throws -> Bool { try matched(records) != nil }

  /// The records with their files' times of change, where everything is there and nothing else: nil otherwise.
  func matched(_ records: StageRecords) throws -> StageRecords? {
    var expected: [[UInt8]: Int] = [:]
    expected.reserveCapacity(records.records.count)
    for (index, record) in records.records.enumerated() { expected[record.path] = index }
    var result = records
    var found = 0
    var walk = ContextWalk(ContextSource(folder: folder)) { entry, place in
      let index = expected[entry.path]
      let record = index.map { records.records[$0] }
      switch (entry.kind, record) {
      case (.directory, let record?) where record.kind == .folder: found += 1
      case (.directory, nil):
        // Folders that only generated files need are in no record.
        let inside = entry.path + [UInt8(ascii: "/")]
        guard records.records.contains(where: { $0.path.starts(with: inside) }) else { throw Other() }
      case (.symbolicLink(let target), let record?) where record.kind == .link && record.content == target: found += 1
      case (.file, let record?) where record.isFile:
        guard let index, let place, let changed = try place.folder.changeTime(of: place.name, as: record) else {
          throw Other()
        }
        result.records[index].changed = changed
        found += 1
      default: throw Other()
      }
    }
    do { try walk.run() } catch is Other { return nil }
    return walk.problems.isEmpty && found == expected.count ? result : nil
  }
}

extension OpenFolder {
  /// The time of change of a staged file, where it is what `record` says; nil where it is not.
  ///
  /// Its size and time are no proof: a cache that a CI system unpacks restores both, whatever was done to the contents. What
  /// no program can set is the time of change, so a file whose time is not the recorded one is read.
  func changeTime(of name: [UInt8], as record: StageRecords.Record) throws -> Int? {
    let status = try status(of: name)
    guard record.fits(status) else { return nil }
    let changed = FileStatus(status).changed
    // Where a file system keeps whole seconds, a time can be guessed.
    if changed == record.changed, changed % 1_000_000_000 != 0 { return changed }
    let file = FileDescriptor(rawValue: try openFile(name))
    defer { try? file.close() }
    var digest = StreamDigest()
    do {
      try withUnsafeTemporaryAllocation(byteCount: 1 << 17, alignment: 64) { buffer in
        while true {
          let count = try file.read(into: buffer)
          if count == 0 { break }
          digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
      }
    } catch let answer as Errno { throw FileSystemError("read", path(of: name), answer) }
    return Array(digest.hex.utf8) == record.content ? changed : nil
  }
}
