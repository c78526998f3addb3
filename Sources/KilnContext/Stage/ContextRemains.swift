import KilnArtifacts
public import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What earlier builds and packs left in `dist`, and nothing that is current needs: staged folders and archives.
///
/// Everything is reached by names from one open folder, and no link is followed: what lies elsewhere is not seen.
public struct ContextRemains: Sendable {
  public struct Item: Sendable, Equatable {
    public enum Kind: String, Sendable { case context, archive }

    public let kind: Kind
    /// Of the image that it is of, as in `acme/app`.
    public let image: String
    /// Below `dist`: folders of one digest each, or the archive and what is noted of it.
    public let paths: [String]
    /// What removing it gives back.
    public let bytes: Int
  }

  /// What ends an archive's name, and the name of what is noted of it: nothing else is taken for an archive of Kiln's.
  public static let suffixes = [".tar", ".tar.gz", ".tar.zst"]
  public static func note(of archive: String) -> String { ".\(archive).kiln-state.json" }

  /// The name of the folder with contexts, in `dist`.
  private static let contexts = "contexts"
  private static let stages = ".staged"
  /// `CUSTOMER/services/NAME`
  private static let depth = 3

  private let dist: FilePath
  private let known: Set<String>
  private let isAll: Bool

  /// - Parameters:
  ///   - known: Images that the workspace has, as in `acme/app`.
  ///   - isAll: Whether what is of those goes too: it is made again when it is needed.
  public init(dist: FilePath, known: Set<String>, isAll: Bool) {
    self.dist = dist
    self.known = known
    self.isAll = isAll
  }

  /// - Throws: `FileSystemError`.
  public func items() throws -> [Item] {
    let folder: OpenFolder
    do { folder = try OpenFolder.open(dist, isLinkFollowed: false) } catch let error as FileSystemError
      where error.errno == .noSuchFileOrDirectory
    { return [] }
    var items: [Item] = []
    for (name, kind) in try folder.list() where kind.isDirectory {
      let text = String(decoding: name, as: UTF8.self)
      let inner = try folder.open(name)
      if text == Self.contexts {
        try eachFolder(in: inner, "") { outer, path in items += [try stages(in: outer, path)].compactMap { $0 } }
      } else if !text.hasPrefix(".") {
        try archives(in: inner, text, &items)
        try eachFolder(in: inner, text + "/") { outer, path in try archives(in: outer, path, &items) }
      }
    }
    return items.sorted { ($0.image, $0.kind.rawValue) < ($1.image, $1.kind.rawValue) }
  }

  private func eachFolder(
    in folder: OpenFolder, _ prefix: String, depth: Int = depth, _ body: (OpenFolder, String) throws -> Void
  ) throws {
    for (name, kind) in try folder.list() where kind.isDirectory {
      let path = prefix + String(decoding: name, as: UTF8.self)
      let inner = try folder.open(name)
      try body(inner, path)
      if depth > 1, !path.hasSuffix(Self.stages) { try eachFolder(in: inner, path + "/", depth: depth - 1, body) }
    }
  }

  /// Staged folders of one image that are not the newest, that nobody uses and that were not handed out just now.
  private func stages(in folder: OpenFolder, _ path: String) throws -> Item? {
    guard path.hasSuffix(Self.stages) else { return nil }
    let image = String(path.dropLast(Self.stages.count))
    let place = dist.appending(Self.contexts).pushing(FilePath(path))
    let newest = isAll || !known.contains(image) ? nil : StageStore.newest(of: place)
    var sizes = FreedSizes()
    var paths: [String] = []
    for (name, kind) in try folder.list() where kind.isDirectory && StageStore.isDigest(name) {
      let digest = String(decoding: name, as: UTF8.self)
      guard digest != newest, try StageStore.isUnused(place.appending(digest)) else { continue }
      paths.append("\(Self.contexts)/\(path)/\(digest)")
      try sizes.add(place.appending(digest))
    }
    return paths.isEmpty ? nil : Item(kind: .context, image: image, paths: paths.sorted(), bytes: sizes.freed)
  }

  private func archives(in folder: OpenFolder, _ path: String, _ items: inout [Item]) throws {
    let names = Set(try folder.list().filter { if case .file = $0.kind { true } else { false } }.map(\.name))
    for name in names {
      let text = String(decoding: name, as: UTF8.self)
      guard let suffix = Self.suffixes.first(where: { text.hasSuffix($0) }) else { continue }
      let note = Self.note(of: text)
      let image = "\(path)/\(text.dropLast(suffix.count))"
      guard names.contains(Array(note.utf8)), isAll || !known.contains(image) else { continue }
      let bytes = try folder.size(of: name)
      items.append(Item(kind: .archive, image: image, paths: ["\(path)/\(text)", "\(path)/\(note)"], bytes: bytes))
    }
  }

  /// Removes what `items` found. A folder that somebody has begun to use since stays.
  /// - Throws: `FileSystemError`.
  public func remove(_ item: Item) throws {
    for path in item.paths {
      let parts = FilePath(path).components.map { Array($0.string.utf8) }
      guard let name = parts.last else { continue }
      var folder = try OpenFolder.open(dist, isLinkFollowed: false)
      for part in parts.dropLast() { folder = try folder.open(part) }
      guard item.kind == .context else {
        try folder.remove(name)
        continue
      }
      let place = dist.pushing(FilePath(path))
      guard let all = try StageLock.aloneNow(place.removingLastComponent()) else { continue }
      try withExtendedLifetime(all) {
        guard let lock = try StageLock.aloneNow(place) else { return }
        try withExtendedLifetime(lock) {
          let gone = Array(".gone-\(UInt64.random(in: 0 ... .max))".utf8)
          try folder.rename(name, to: folder, gone)
          try folder.remove(gone)
        }
      }
    }
    guard item.kind == .context else { return }
    try removeEmptyStore(of: item)
  }

  /// Without its folders an image's link leads nowhere; of an image that is gone nothing is left.
  private func removeEmptyStore(of item: Item) throws {
    let parts = FilePath(item.image).components.map { Array($0.string.utf8) }
    guard let name = parts.last else { return }
    var chain = [try OpenFolder.open(dist, isLinkFollowed: false)]
    for part in [Array(Self.contexts.utf8)] + parts.dropLast() { chain.append(try chain[chain.count - 1].open(part)) }
    let outer = chain[chain.count - 1]
    let store = name + Array(Self.stages.utf8)
    guard try !outer.open(store).list().contains(where: { StageStore.isDigest($0.name) }) else { return }
    if let kind = try outer.list().first(where: { $0.name == name })?.kind, case .symbolicLink = kind {
      try outer.remove(name)
    }
    guard !known.contains(item.image) else { return }
    try outer.remove(store)
    // Folders that this leaves empty; one that is not stays.
    for (part, above) in zip(parts.dropLast().reversed(), chain.dropLast().reversed()) {
      guard part.withCString({ unlinkat(above.descriptor, $0, AT_REMOVEDIR) }) == 0 else { return }
    }
  }
}

/// What is given back where folders are removed: files that have names elsewhere stay.
private struct FreedSizes {
  private var files: [UInt64: (size: Int, names: Int, found: Int)] = [:]

  var freed: Int { files.values.reduce(0) { $0 + ($1.found >= $1.names ? $1.size : 0) } }

  mutating func add(_ folder: FilePath) throws {
    var found: [stat] = []
    // It goes deeper than a process may have descriptors.
    var walk = ContextWalk(ContextSource(folder: folder)) { entry, place in
      if case .file = entry.kind, let place { found.append(try place.folder.status(of: place.name)) }
    }
    try walk.run()
    for status in found {
      let known = files[UInt64(status.st_ino)] ?? (Int(status.st_size), Int(status.st_nlink), 0)
      files[UInt64(status.st_ino)] = (known.size, known.names, known.found + 1)
    }
  }
}
