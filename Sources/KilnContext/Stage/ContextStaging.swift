import KilnArtifacts
import KilnDiagnostics
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One staging: reads what changed since the last one, and makes the folder of the digest that comes out.
final class ContextStaging {
  /// Where a file's staged bytes are until its folder is made.
  private enum Origin {
    /// In the last folder, under the same path.
    case latest
    /// Among the files that were read, by this number.
    case incoming(Int)
    case none
  }

  private let source: ContextSource
  private let store: StageStore
  private let latest: String?
  private let latestRecords: StageRecords
  private let known: [[UInt8]: StageRecords.Record]
  private let check: () throws -> Void
  private let now = FileStatus.now
  private var records = StageRecords()
  private var origins: [Origin] = []
  private let place = Array(".new-\(UInt64.random(in: 0 ... .max))".utf8)
  /// The folder that is being made, and the files that were read for it.
  private var making: (folder: OpenFolder, incoming: OpenFolder)?
  private var incomingCount = 0
  private var tokens: TokenPass
  private var advice: ContextAdvice
  private var files = 0
  private var written = 0
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)

  init(
    _ source: ContextSource, _ store: StageStore, _ latest: (digest: String, records: StageRecords)?,
    _ check: @escaping () throws -> Void
  ) throws {
    self.source = source
    self.store = store
    self.latest = latest?.digest
    latestRecords = latest?.records ?? StageRecords()
    known = Dictionary(latestRecords.records.map { ($0.path, $0) }) { $1 }
    self.check = check
    tokens = TokenPass(source)
    advice = ContextAdvice(source)
  }

  deinit {
    buffer.deallocate()
    if making != nil { try? store.folder.remove(place) }
  }

  func run(isHandedOut: Bool) throws -> StagedContext {
    var walk = ContextWalk(source) { [self] entry, place in
      try check()
      try stage(entry, place)
    }
    try walk.run()
    let problems = walk.problems + tokens.finish()
    if problems.hasErrors { throw DiagnosticsError(problems.inCanonicalOrder()) }
    let digest = records.digest
    let noted = digest == latest ? latestRecords : store.records(of: digest)
    // Those that come from the last folder have their times already.
    let there = try store.matched(digest == latest ? records : records.withChangeTimes(of: noted), of: digest)
    if there == nil { try make(digest) }
    let (use, isSwept) = try store.use(digest, isHandedOut: isHandedOut)
    // A name less, as one more, changes a file's time of change.
    var current = there ?? records
    if there == nil || isSwept { current = try StageTree(store.tree(digest)).matched(current) ?? current }
    if current != noted { try store.write(current, of: digest) }
    let paths = Set(records.records.map(\.path))
    return StagedContext(
      digest: digest, folder: store.tree(digest), files: files, written: written,
      removed: known.keys.count { !paths.contains($0) },
      warnings: (problems + advice.finish(usedRules: walk.usedRules)).inCanonicalOrder(),
      use: use)
  }

  private func add(_ record: StageRecords.Record, _ origin: Origin = .none) {
    records.add(record)
    origins.append(origin)
  }

  private func stage(_ entry: ContextEntry, _ place: ContextWalk.Place?) throws {
    let path = source.path(of: entry)
    let matched = place?.matched ?? []
    switch entry.kind {
    case .directory:
      advice.see(entry, matched: matched, size: { 0 })
      add(.init(kind: .folder, path: path, content: [], size: 0))
    case .symbolicLink(let text):
      advice.see(entry, matched: matched, size: { 0 })
      let record = StageRecords.Record(kind: .link, path: path, content: text, size: 0)
      if known[path] != record { written += 1 }
      add(record)
    case .contents(let bytes): try stage(entry, path, matched, bytes: bytes, isExecutable: false)
    case .file:
      guard let place else { return }
      try stageFile(entry, path, place)
    }
  }

  private func count(_ entry: ContextEntry, _ matched: [Int], _ size: Int) {
    files += 1
    advice.see(entry, matched: matched, size: { size })
  }

  private func stage(
    _ entry: ContextEntry, _ path: [UInt8], _ matched: [Int], bytes: [UInt8], isExecutable: Bool
  ) throws {
    count(entry, matched, bytes.count)
    let record = StageRecords.Record(
      kind: isExecutable ? .executable : .file, path: path, content: Array(ContentDigest(of: bytes).hex.utf8),
      size: bytes.count)
    if let last = known[path], last.kind == record.kind, last.content == record.content {
      var record = record
      record.changed = last.changed
      return add(record, .latest)
    }
    let (file, number) = try incomingFile()
    defer { try? file.close() }
    try bytes.withUnsafeBytes { try write($0, to: file, path) }
    try finish(file, record)
    add(record, .incoming(number))
  }

  private func stageFile(_ entry: ContextEntry, _ path: [UInt8], _ place: ContextWalk.Place) throws {
    let before = FileStatus(try place.folder.status(of: place.name))
    let isExecutable = before.mode & Int(S_IXUSR) != 0
    if !tokens.isListed(entry), let record = known[path], record.isFile, record.status == before.text {
      count(entry, place.matched, before.size)
      return add(record, .latest)
    }
    let descriptor = try place.folder.openFile(place.name)
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw place.folder.error("examine", place.name) }
    guard FileStatus(status) == before, status.st_mode & S_IFMT == S_IFREG else {
      throw DiagnosticsError.changed(entry, "it was written to")
    }
    if tokens.isListed(entry) {
      let text = try tokens.replaced(entry, size: before.size) { try place.readAll(descriptor, through: buffer) }
      return try stage(entry, path, place.matched, bytes: text, isExecutable: isExecutable)
    }
    let (file, number) = try incomingFile()
    defer { try? file.close() }
    var own = StreamDigest()
    while true {
      let got = try place.read(descriptor, into: buffer)
      if got == 0 { break }
      let piece = UnsafeRawBufferPointer(rebasing: buffer[..<got])
      own.update(piece)
      try write(piece, to: file, path)
    }
    guard fstat(descriptor, &status) == 0 else { throw place.folder.error("examine", place.name) }
    guard FileStatus(status) == before else { throw DiagnosticsError.changed(entry, "it was written to") }
    count(entry, place.matched, before.size)
    // A file that changed just now may change again within the clock's tick.
    let record = StageRecords.Record(
      kind: isExecutable ? .executable : .file, path: path, content: Array(own.hex.utf8), size: before.size,
      status: before.isSettled(at: now) ? before.text : "")
    try finish(file, record)
    add(record, .incoming(number))
  }

  /// A new file among those that were read, by number: where it goes is known once all are.
  private func incomingFile() throws -> (FileDescriptor, number: Int) {
    let incoming = try folders().incoming
    incomingCount += 1
    return (try incoming.createFile(Self.name(incomingCount)), incomingCount)
  }

  private static func name(_ number: Int) -> [UInt8] { Array(String(number).utf8) }

  private func folders() throws -> (folder: OpenFolder, incoming: OpenFolder) {
    if let making { return making }
    try store.folder.makeFolder(place)
    let folder = try store.folder.open(place)
    try folder.makeFolder(Array("incoming".utf8))
    let folders = (folder: folder, incoming: try folder.open(Array("incoming".utf8)))
    making = folders
    return folders
  }

  private func write(_ bytes: UnsafeRawBufferPointer, to file: FileDescriptor, _ path: [UInt8]) throws {
    do { try file.writeAll(bytes) } catch let error as Errno {
      throw FileSystemError("write", FilePath(bytes: path), error)
    }
  }

  private func finish(_ file: FileDescriptor, _ record: StageRecords.Record) throws {
    written += 1
    let time = record.time
    guard fchmod(file.rawValue, record.mode) == 0, futimens(file.rawValue, [time, time]) == 0 else {
      throw FileSystemError("set the mode and time of", FilePath(bytes: record.path), Errno(rawValue: errno))
    }
  }

  /// Makes the whole tree, then gives it the digest as its name.
  private func make(_ digest: String) throws {
    let (folder, incoming) = try folders()
    try folder.makeFolder(store.name)
    let target = FolderCursor(try folder.open(store.name))
    let last = try latest.flatMap { digest -> FolderCursor? in
      let stage = Array(digest.utf8)
      guard store.folder.hasFolder(stage) else { return nil }
      let open = try store.folder.open(stage)
      return open.hasFolder(store.name) ? FolderCursor(try open.open(store.name)) : nil
    }
    for (record, origin) in zip(records.records, origins) {
      guard let (outer, name) = try target.place(record.path, isMaking: true) else { continue }
      switch (record.kind, origin) {
      case (.folder, _): try outer.makeFolder(name)
      case (.link, _): try outer.makeLink(name, record.content, time: StageRecords.Record.linkTime)
      case (_, .incoming(let number)): try incoming.rename(Self.name(number), to: outer, name)
      default:
        guard let place = try last?.place(record.path),
          (try? place.folder.changeTime(of: place.name, as: record)).flatMap({ $0 }) != nil
        else { throw StageBroken() }
        try place.folder.link(place.name, to: outer, name, record, through: buffer)
      }
    }
    try folder.remove(Array("incoming".utf8))
    // What stands there and is no folder is nothing that Kiln made.
    if !store.folder.hasFolder(Array(digest.utf8)) { try store.folder.remove(Array(digest.utf8)) }
    try store.folder.rename(place, to: store.folder, Array(digest.utf8))
    making = nil
  }
}

extension OpenFolder {
  fileprivate func makeLink(_ name: [UInt8], _ text: [UInt8], time: timespec) throws {
    let made = text.withCString { text in name.withCString { symlinkat(text, descriptor, $0) } }
    guard made == 0 else { throw error("make the link", name) }
    _ = name.withCString { utimensat(descriptor, $0, [time, time], AT_SYMLINK_NOFOLLOW) }
  }

  /// Gives a staged file one more name; where the file system cannot, a copy of it.
  fileprivate func link(
    _ name: [UInt8], to other: OpenFolder, _ newName: [UInt8], _ record: StageRecords.Record,
    through buffer: UnsafeMutableRawBufferPointer
  ) throws {
    let linked = name.withCString { from in
      newName.withCString { linkat(descriptor, from, other.descriptor, $0, 0) }
    }
    if linked == 0 { return }
    let input = FileDescriptor(rawValue: try openFile(name))
    defer { try? input.close() }
    let output = try other.createFile(newName)
    defer { try? output.close() }
    do {
      while true {
        let count = try input.read(into: buffer)
        if count == 0 { break }
        try output.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    } catch let answer as Errno { throw FileSystemError("copy", path(of: name), answer) }
    let time = record.time
    guard fchmod(output.rawValue, record.mode) == 0, futimens(output.rawValue, [time, time]) == 0 else {
      throw other.error("set the mode and time of", newName)
    }
  }
}
