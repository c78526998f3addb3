import SystemPackage

/// A folder that is to hold what records say.
struct StageTree {
  private let folder: FilePath

  init(_ folder: FilePath) { self.folder = folder }

  private struct Other: Error {}

  /// Whether everything is there and nothing else, as kinds, sizes, times, modes and links tell.
  func holds(_ records: StageRecords) throws -> Bool {
    var expected: [[UInt8]: StageRecords.Record] = [:]
    expected.reserveCapacity(records.records.count)
    for record in records.records { expected[record.path] = record }
    var found = 0
    var walk = ContextWalk(ContextSource(folder: folder)) { entry, place in
      switch (entry.kind, expected[entry.path]) {
      case (.directory, let record?) where record.kind == .folder: found += 1
      case (.directory, nil):
        // Folders that only generated files need are in no record.
        let inside = entry.path + [UInt8(ascii: "/")]
        guard records.records.contains(where: { $0.path.starts(with: inside) }) else { throw Other() }
      case (.symbolicLink(let target), let record?) where record.kind == .link && record.content == target: found += 1
      case (.file, let record?) where record.isFile:
        guard let place, record.fits(try place.folder.status(of: place.name)) else { throw Other() }
        found += 1
      default: throw Other()
      }
    }
    do { try walk.run() } catch is Other { return false }
    return walk.problems.isEmpty && found == expected.count
  }
}
