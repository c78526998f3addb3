import KilnProcesses
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension OutputFolder {
  /// Runs `body` while no other Kiln changes the folder, which is made where it is not there.
  ///
  /// - Parameter onWait: Called once when another one has it.
  /// - Throws: `FileSystemError`, `OutputObstacle`, and what `body` throws.
  public func locked<Result>(onWait: () -> Void = {}, _ body: () throws -> Result) throws -> Result {
    var isWaiting = false
    while let folder = try open(making: true) {
      // Where the file system has no locks, one run at a time is the user's to see to.
      if flock(folder.descriptor.rawValue, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
        if !isWaiting { onWait() }
        isWaiting = true
        while flock(folder.descriptor.rawValue, LOCK_EX) != 0, errno == EINTR {}
      }
      // While it waited the folder may have been removed or replaced.
      guard let now = try open(making: false), now.isSame(as: folder) else { continue }
      return try withExtendedLifetime(folder) { try body() }
    }
    throw FileSystemError("open the folder", path, .noSuchFileOrDirectory)
  }

  /// What `apply` did.
  public struct Outcome: Sendable {
    /// Files of units that were not there, by the unit's name.
    public let created: [(unit: String, files: Int)]
    /// Files in the folder that are Kiln's and stayed as they were.
    public let unchanged: Int
  }

  /// Carries `delta` out: a new unit's folder by one rename, each other file by one, orphans removed, the ledger last.
  /// After an interruption at any point the next run knows what this one wrote, whatever it generates.
  /// - Throws: `FileSystemError`, `OutputObstacle`, and what making a unit throws.
  public func apply(_ delta: Delta) throws -> Outcome {
    guard let root = try delta.root ?? open(making: true) else {
      throw FileSystemError("open the folder", path, .noSuchFileOrDirectory)
    }
    try OutputWorkshop.remove(from: root)
    let written: [Written]
    if delta.isEmpty {
      written = delta.differences.map { Written(lines: $0.lines ?? Ledger.Lines([]), fingerprint: $0.fingerprint) }
    } else {
      do { written = try write(delta, in: root) } catch {
        try? OutputWorkshop.remove(from: root)
        throw error
      }
    }
    keepRecord(delta, try confirmed(written, of: delta, in: root))
    return Outcome(
      created: zip(delta.differences, written).filter { $0.0.isNew }.map { ($0.0.unit.name, $0.1.lines.count) },
      unchanged: zip(delta.differences, written).reduce(0) { sum, pair in
        sum + (pair.0.isNew ? 0 : pair.1.lines.count - pair.0.changes.filter { !$0.isRemoval }.count)
      })
  }

  private struct Written: Sendable {
    let lines: Ledger.Lines
    let fingerprint: String?
  }

  private func write(_ delta: Delta, in root: OpenRoot) throws -> [Written] {
    // The journal is there before anything else is, and goes after everything else: without one nothing is left over.
    let journal = try OutputJournal.Writer(in: root)
    let workshop = try OutputWorkshop(in: root)
    let written = try workers.map(delta.differences) { try write($0, journal, workshop, root) }
    let walk = FolderWalk(root)
    for change in delta.orphans { try walk.remove(change.path, expecting: change.found) }
    for path in delta.gone { try walk.removeFolders(of: path) }
    var units = delta.known.units.filter { !delta.isInScope($0.key) }
    for (difference, done) in zip(delta.differences, written) { units[difference.unit.name] = done.lines }
    let ledger = Ledger(generator: delta.generator, units: units)
    try workshop.write(ledger.bytes, mode: 0o644, to: Ledger.name, walk)
    // What a killed run wrote of units that are out of scope stays known.
    let isKept = !delta.journalOutOfScope.units.isEmpty
    if isKept { try workshop.write(delta.journalOutOfScope.bytes, mode: 0o644, to: OutputJournal.name, walk) }
    try OutputWorkshop.remove(from: root)
    if !isKept { try walk.remove(OutputJournal.name, expecting: nil) }
    return written
  }

  private func write(
    _ difference: Delta.Difference, _ journal: OutputJournal.Writer, _ workshop: OutputWorkshop, _ root: OpenRoot
  ) throws -> Written {
    if let lines = difference.lines { return Written(lines: lines, fingerprint: difference.fingerprint) }
    let walk = FolderWalk(root)
    let tree = try difference.tree ?? difference.unit.make()
    let entries = tree.files.map { (path: $0.key.text, entry: Ledger.Entry($0.value)) }
    try journal.add(entries.map { ($0.path, $0.entry.sha256) })
    if difference.isNew, tree.files.keys.allSatisfy({ $0.text.hasPrefix(difference.unit.name + "/") }) {
      try workshop.create(difference.unit.name, tree, walk)
    } else {
      let changes = Dictionary(difference.changes.map { ($0.path, $0) }) { first, _ in first }
      for path in tree.paths where difference.isNew || changes[path.text] != nil {
        guard let artifact = tree.files[path] else { continue }
        try workshop.write(
          artifact.bytes, mode: artifact.isExecutable ? 0o755 : 0o644, to: path.text,
          expecting: .some(changes[path.text]?.found), walk)
      }
      for change in difference.changes where change.isRemoval { try walk.remove(change.path, expecting: change.found) }
    }
    // What was written just now is too new to have a fingerprint; see `confirmed`.
    return Written(lines: Ledger.Lines(entries), fingerprint: nil)
  }

  /// With fingerprints of what was written long enough ago to be known by its status, and still has the bytes that were
  /// written: the next run does not read it.
  ///
  /// A status that was taken while it was written would not do: another program's edit within the same tick of the clock
  /// leaves the time of change as it is.
  private func confirmed(_ written: [Written], of delta: Delta, in root: OpenRoot) throws -> [Written] {
    guard record != nil else { return written }
    return try workers.map(Array(zip(delta.differences, written))) { difference, done in
      guard done.fingerprint == nil, difference.unit.key != nil else { return done }
      let walk = FolderWalk(root)
      guard let settled = fingerprint(done.lines, of: difference.unit.name, walk), holds(done.lines, walk),
        fingerprint(done.lines, of: difference.unit.name, walk) == settled
      else { return done }
      return Written(lines: done.lines, fingerprint: settled)
    }
  }

  /// Whether every file has the bytes and the mode that its line says.
  private func holds(_ lines: Ledger.Lines, _ walk: FolderWalk) -> Bool {
    guard let entries = try? lines.entries() else { return false }
    return entries.sorted { $0.key < $1.key }.allSatisfy { path, entry in
      guard let file = try? walk.file(path), file.kind == .file else { return false }
      return file.isExecutable == entry.executable && file.digest == entry.sha256
    }
  }

  private func keepRecord(_ delta: Delta, _ written: [Written]) {
    guard let record else { return }
    let names = Set(delta.differences.map(\.unit.name))
    // What is out of scope is as well known as before.
    var lines = record.lines.filter {
      !delta.isInScope($0.key) && !names.contains($0.key) && delta.known.units[$0.key] != nil
    }
    for (difference, done) in zip(delta.differences, written) {
      if let key = difference.unit.key, let fingerprint = done.fingerprint {
        lines[difference.unit.name] = .init(key: key, fingerprint: fingerprint)
      }
    }
    record.write(lines, stop: stop)
  }
}
