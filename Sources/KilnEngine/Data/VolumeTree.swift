package import KilnContext

/// The entries of a volume's tar, in order, and the rules that they keep to: nothing of them can leave the volume, and equal
/// volumes have equal tars.
package struct VolumeTree {
  /// The volume's own folder.
  package static let root: [UInt8] = [UInt8(ascii: ".")]
  /// How the name of the folder begins that a restore works in, inside the volume.
  package static let workName = ".kiln-restore-"

  /// The folders that the last entry is in, and itself where it is one.
  private var open: [[UInt8]] = []
  private var last: [UInt8]?
  private var links: Set<[UInt8]> = []
  /// Besides the volume's own folder.
  package private(set) var count = 0

  package init() {}

  /// Checks the next entry against those before it.
  /// - Throws: `BackupProblem`.
  package mutating func add(_ entry: ArchiveEntry) throws {
    guard let last else {
      guard entry.path == Self.root, entry.kind == .directory else {
        throw BackupProblem("\(entry.name) comes before the volume's own folder")
      }
      self.last = []
      return
    }
    try Self.checkPath(entry.path, entry.name)
    guard Self.precedes(last, entry.path) else {
      throw BackupProblem("\(entry.name) is not in its place: entries are sorted, and each is there once")
    }
    let parent = Self.parent(of: entry.path)
    while let folder = open.last, folder != parent { open.removeLast() }
    guard parent.isEmpty || open.last == parent else {
      throw BackupProblem("\(entry.name) is in no folder of the volume")
    }
    switch entry.kind {
    case .directory: open.append(entry.path)
    case .file: break
    case .symbolicLink(let target):
      guard !target.isEmpty else { throw BackupProblem("\(entry.name) is a link that leads nowhere") }
      links.insert(entry.path)
    case .hardLink(let target):
      try checkOriginal(target, of: entry)
      if links.contains(target) { links.insert(entry.path) }
    case .special(let kind): throw BackupProblem("\(entry.name) is \(kind)")
    }
    self.last = entry.path
    count += 1
  }

  private func checkOriginal(_ target: [UInt8], of entry: ArchiveEntry) throws {
    try Self.checkPath(target, entry.name)
    guard Self.precedes(target, entry.path) else {
      throw BackupProblem("\(entry.name) is another name of what is not there")
    }
    var above = Self.parent(of: target)
    while !above.isEmpty {
      guard !links.contains(above) else { throw BackupProblem("\(entry.name) is another name of what a link leads to") }
      above = Self.parent(of: above)
    }
  }

  /// Bytes: what Linux opens.
  private static let pathLimit = 4096

  private static func checkPath(_ path: [UInt8], _ name: String) throws {
    guard path.count < pathLimit else { throw BackupProblem("\(name.prefix(100)) has a path that no system opens") }
    let components = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let isOut = components.contains { $0.isEmpty || $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }
    guard !isOut else { throw BackupProblem("\(name) leaves the volume") }
    guard !isWork(path) else { throw BackupProblem("\(name) has a name that Kiln uses itself") }
  }

  /// Whether the path is a restore's own.
  package static func isWork(_ path: [UInt8]) -> Bool { path.starts(with: workName.utf8) }

  private static func parent(of path: [UInt8]) -> [UInt8] {
    path.lastIndex(of: UInt8(ascii: "/")).map { Array(path[..<$0]) } ?? []
  }

  /// A folder, then all in it, then its neighbours: names are compared, not paths.
  private static func precedes(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    func key(_ byte: UInt8) -> UInt8 { byte == UInt8(ascii: "/") ? 0 : byte }
    return one.lexicographicallyPrecedes(other) { key($0) < key($1) }
  }
}
