public import KilnProcesses
public import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A folder that holds generated files; knows its own by the ledger and touches no others.
///
/// Units are compared and written by several workers, one unit at a time each, so that memory does not grow with the fleet.
/// Everything below the folder is reached by descriptors and through no symbolic link: others may have committed what is in
/// it.
public struct OutputFolder: Sendable {
  public let path: FilePath
  private let place: (root: FilePath, path: FilePath)?
  let record: OutputRecord?
  let workers: Workers
  /// Where a test ends the run.
  var stop: OutputStop?

  /// A folder that the user names: links that lead to it are followed.
  ///
  /// - Parameter record: What is known of the folder from the run before; nil compares everything.
  public init(_ path: FilePath, record: OutputRecord? = nil, workers: Workers = Workers()) {
    self.path = path
    place = nil
    self.record = record
    self.workers = workers
  }

  /// A folder below `root`, which no link may lead to.
  public init(_ path: FilePath, below root: FilePath, record: OutputRecord? = nil, workers: Workers = Workers()) {
    self.path = root.pushing(path)
    place = (root, path.lexicallyNormalized())
    self.record = record
    self.workers = workers
  }

  func open(making: Bool) throws -> OpenRoot? {
    if making { try stop?.pass() }
    if let place { return try OpenRoot.open(place.path, below: place.root, making: making, stop: stop) }
    return try OpenRoot.open(path, making: making, stop: stop)
  }

  /// Compares the folder with what `units` give.
  ///
  /// - Parameters:
  ///   - isInScope: Whether a unit of the ledger may be an orphan; units out of scope stay as they are, as when only one
  ///     customer is generated.
  /// - Throws: `FileSystemError`, `LedgerError`, `OutputObstacle` and `OutputObstacles`, and what making a unit throws.
  public func compare(
    with units: [OutputUnit], generator: String, detail: Detail = .units,
    isInScope: @escaping @Sendable (String) -> Bool = { _ in true }
  ) throws -> Delta {
    let root = try open(making: false)
    let walk = root.map { FolderWalk($0) }
    let own = try walk.map { try OwnFiles($0) } ?? OwnFiles()
    let known = try own.ledger.map { try Ledger($0) } ?? Ledger(generator: generator, files: [:])
    let journal = try own.journal.map { try OutputJournal($0) } ?? OutputJournal()
    let compared = try workers.map(units) { unit in
      try Compared { try difference(unit, known.units[unit.name], journal.files(of: unit.name), root, detail) }
    }
    let names = Set(units.map(\.name))
    var orphans = Removals()
    var obstacles = compared.compactMap(\.obstacle)
    if let walk {
      for name in Set(known.units.keys).union(journal.units).sorted() where !names.contains(name) && isInScope(name) {
        let listed = try known.units[name]?.entries() ?? [:]
        let found = try Compared { try removals(of: listed, journal.files(of: name), walk, detail) }
        if let found = found.value { orphans.add(found) }
        obstacles += [found.obstacle].compactMap { $0 }
      }
    }
    guard obstacles.isEmpty else { throw OutputObstacles(obstacles) }
    let differences = compared.compactMap(\.value)
    let outOfScope = journal.filter { !names.contains($0) && !isInScope($0) }
    let wasInterrupted =
      own.journal != nil && (outOfScope.units.isEmpty || outOfScope.units.count < journal.units.count)
    let isStale =
      own.ledger == nil || known.generator != generator
      || differences.contains { $0.lines != nil && $0.lines != known.units[$0.unit.name] }
    return Delta(
      differences: differences, orphans: orphans.changes, gone: orphans.gone + differences.flatMap(\.gone),
      known: known, journalOutOfScope: outOfScope, generator: generator, isInScope: isInScope, isLedgerStale: isStale,
      wasInterrupted: wasInterrupted, root: root)
  }

  /// Kiln's own files at the top of the folder, where they are there.
  private struct OwnFiles {
    var ledger: [UInt8]?
    var journal: [UInt8]?

    init() {}

    init(_ walk: FolderWalk) throws {
      let ledger = try Compared { try walk.ownFile(Ledger.name) }
      let journal = try Compared { try walk.ownFile(OutputJournal.name) }
      let workshop = try Compared {
        let folder = try walk.open(OutputUnit.workshop.utf8, making: false)
        try folder?.close()
        if folder == nil, try walk.status(OutputUnit.workshop.utf8) != nil { throw walk.obstacle(.file) }
      }
      let obstacles = [ledger.obstacle, journal.obstacle, workshop.obstacle].compactMap { $0 }
      guard obstacles.isEmpty else { throw OutputObstacles(obstacles) }
      self.ledger = ledger.value ?? nil
      self.journal = journal.value ?? nil
    }
  }

  /// A value, or what is in the way of it: all that is in the way is reported at once.
  private struct Compared<Value: Sendable>: Sendable {
    var value: Value?
    var obstacle: OutputObstacle?

    init(_ body: () throws -> Value) throws {
      do { value = try body() } catch let error as OutputObstacle { obstacle = error }
    }
  }

  private func difference(
    _ unit: OutputUnit, _ lines: Ledger.Lines?, _ interrupted: [String: Set<String>], _ root: OpenRoot?,
    _ detail: Detail
  ) throws -> Delta.Difference {
    let walk = root.map { FolderWalk($0) }
    // A killed run may have written files that the record does not know.
    if interrupted.isEmpty, let walk, let lines, let key = unit.key, let line = record?.lines[unit.name],
      line.key == key, let fingerprint = fingerprint(lines, of: unit.name, walk), fingerprint == line.fingerprint
    {
      return .init(unit: unit, lines: lines, fingerprint: fingerprint)
    }
    let isNew = try walk?.status(unit.name.utf8) == nil
    if isNew, detail == .units { return .init(unit: unit, isNew: true) }
    let tree = try unit.make()
    let entries = try lines?.entries() ?? [:]
    var difference = Delta.Difference(unit: unit, isNew: isNew)
    for path in tree.paths {
      guard let artifact = tree.files[path] else { continue }
      let current = isNew ? nil : try walk?.file(path.text)
      if current?.kind == .folder { throw OutputObstacle(self.path.appending(path.text), .folder) }
      let isEqual = current?.kind == .file && current?.bytes == artifact.bytes
      if isEqual, current?.isExecutable == artifact.isExecutable { continue }
      let kind: Change.Kind =
        switch current {
        case nil: .create
        case let file? where isEqual || isOurs(file, entries[path.text], interrupted[path.text]): .update
        default: .overwrite
        }
      let isShown = detail == .contents
      difference.changes.append(
        .init(
          kind: kind, path: path.text, source: artifact.source, old: isShown ? current?.bytes : nil,
          new: isShown ? artifact.bytes : nil, found: current?.status))
    }
    if let walk {
      let removals = try removals(
        of: entries.filter { tree[$0.key] == nil }, interrupted.filter { tree[$0.key] == nil }, walk, detail)
      difference.changes += removals.changes
      difference.gone = removals.gone
    }
    if difference.changes.isEmpty {
      let made = Ledger.Lines(tree.files.map { (path: $0.key.text, entry: Ledger.Entry($0.value)) })
      difference.lines = made
      difference.fingerprint = walk.flatMap { fingerprint(made, of: unit.name, $0) }
    }
    if tree.files.count == 1 { difference.tree = tree }
    return difference
  }

  /// Whether a file is as a run wrote it, one that ended or one that was killed.
  private func isOurs(_ file: ExistingFile, _ entry: Ledger.Entry?, _ interrupted: Set<String>?) -> Bool {
    guard file.kind == .file else { return false }
    let digest = file.digest
    return digest == entry?.sha256 || interrupted?.contains(digest) == true
  }

  private struct Removals: Sendable {
    var changes: [Change] = []
    var gone: [String] = []

    mutating func add(_ other: Removals) {
      changes += other.changes
      gone += other.gone
    }
  }

  /// What is to go of files that the ledger lists, or that a killed run wrote, and that nothing generates any more.
  private func removals(
    of entries: [String: Ledger.Entry], _ interrupted: [String: Set<String>], _ walk: FolderWalk, _ detail: Detail
  ) throws -> Removals {
    var removals = Removals()
    for path in Set(entries.keys).union(interrupted.keys).sorted() {
      // A folder is not what was written there.
      guard let current = try walk.file(path), current.kind != .folder else {
        removals.gone.append(path)
        continue
      }
      let isOurs = isOurs(current, entries[path], interrupted[path])
      // What a killed run was about to replace and the ledger does not list was never Kiln's.
      guard isOurs || entries[path] != nil else { continue }
      removals.changes.append(
        .init(
          kind: isOurs ? .remove : .discard, path: path, source: entries[path]?.source ?? "a run that was killed",
          old: detail == .contents ? current.bytes : nil, new: nil, found: current.status))
    }
    return removals
  }

  /// Over the lines and the status of each of their files; nil when one is not there or changed just now.
  func fingerprint(_ lines: Ledger.Lines, of unit: String, _ walk: FolderWalk) -> String? {
    let now = FileStatus.now
    var result = StatusFingerprint()
    result.add(lines.bytes)
    let isSafe = walk.glance(at: lines, of: unit) { status in
      for number in [status.device, status.inode, status.size, status.mode, status.modified, status.changed] {
        result.add(number)
      }
      return status.isSettled(at: now)
    }
    return isSafe ? result.hex : nil
  }
}
