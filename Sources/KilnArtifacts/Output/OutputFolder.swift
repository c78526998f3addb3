import Foundation
public import KilnWorkers
public import SystemPackage

/// A folder that holds generated files; knows its own by the ledger and touches no others.
///
/// Units are compared and written by several workers, one unit at a time each, so that memory does not grow with the fleet.
public struct OutputFolder: Sendable {
  public let path: FilePath
  let record: OutputRecord?
  let workers: Workers

  /// - Parameter record: What is known of the folder from the run before; nil compares everything.
  public init(_ path: FilePath, record: OutputRecord? = nil, workers: Workers = Workers()) {
    self.path = path
    self.record = record
    self.workers = workers
  }

  /// One difference between the folder and what is to be in it.
  public struct Change: Sendable, Equatable {
    public enum Kind: String, Sendable, Equatable {
      case create, update, remove
      /// Made or edited by somebody else since: overwritten only by force.
      case overwrite
      /// Ours, edited since, and no longer generated: kept unless forced.
      case discard
    }
    public let kind: Kind
    public let path: String
    /// The spec it comes or came from.
    public let source: String
    /// The contents, where they were asked for.
    public let old: [UInt8]?
    public let new: [UInt8]?

    public var needsForce: Bool { kind == .overwrite || kind == .discard }
    public var isRemoval: Bool { kind == .remove || kind == .discard }
  }

  /// How much of what is found a delta holds.
  public enum Detail: Sendable {
    /// Units that are not there yet at all are told as such.
    case units
    /// Every file is told.
    case files
    /// Every file with its contents.
    case contents
  }

  /// What is to be done to make the folder hold the units' files.
  public struct Delta: Sendable {
    struct Difference: Sendable {
      let unit: OutputUnit
      let changes: [Change]
      /// Nothing of it is there: its folder is made as a whole.
      let isNew: Bool
      /// The ledger's lines where no file differs; to be made while writing otherwise.
      let lines: Ledger.Lines?
      let fingerprint: String?
      /// What was made to compare, where it is worth keeping until it is written.
      let tree: ArtifactTree?

      init(
        unit: OutputUnit, changes: [Change], isNew: Bool, lines: Ledger.Lines?, fingerprint: String?,
        tree: ArtifactTree? = nil
      ) {
        self.unit = unit
        self.changes = changes
        self.isNew = isNew
        self.lines = lines
        self.fingerprint = fingerprint
        self.tree = tree
      }
    }

    let differences: [Difference]
    /// Changes of units that are no longer generated.
    let orphans: [Change]
    let known: Ledger
    let generator: String
    let isInScope: @Sendable (String) -> Bool
    /// Whether the ledger has other bytes than it should, as far as unchanged units tell.
    let isLedgerStale: Bool

    /// Changes by path; a unit that is new as a whole has none where only units were asked for.
    public var changes: [Change] {
      (differences.flatMap(\.changes) + orphans).sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }
    /// Units that are not there yet.
    public var newUnits: [String] { differences.filter(\.isNew).map(\.unit.name) }
    public var isEmpty: Bool {
      orphans.isEmpty && !isLedgerStale && differences.allSatisfy { $0.changes.isEmpty && !$0.isNew }
    }
  }

  /// Compares the folder with what `units` give.
  ///
  /// - Parameters:
  ///   - isInScope: Whether a unit of the ledger may be an orphan; units out of scope stay as they are, as when only one
  ///     customer is generated.
  /// - Throws: `FileSystemError`, `LedgerError`, and what making a unit throws.
  public func compare(
    with units: [OutputUnit], generator: String, detail: Detail = .units,
    isInScope: @escaping @Sendable (String) -> Bool = { _ in true }
  ) throws -> Delta {
    let ledger = try ExistingFile(path.appending(Ledger.name))
    let known = try ledger.map { try Ledger($0.bytes) } ?? Ledger(generator: generator, files: [:])
    let journal = OutputJournal.read(in: path)
    let differences = try workers.map(units) { unit in
      try difference(unit, known.units[unit.name], journal, detail)
    }
    let names = Set(units.map(\.name))
    var orphans: [Change] = []
    for (name, lines) in known.units where !names.contains(name) && isInScope(name) {
      orphans += try removals(of: try lines.entries(), detail)
    }
    for name in journal.units where !names.contains(name) && isInScope(name) {
      let listed = try known.units[name]?.entries() ?? [:]
      orphans += try leftovers(journal.files(of: name).filter { listed[$0.key] == nil }, detail)
    }
    let isStale =
      ledger == nil || known.generator != generator || journal.isThere
      || differences.contains { $0.lines != nil && $0.lines != known.units[$0.unit.name] }
    return Delta(
      differences: differences, orphans: orphans, known: known, generator: generator, isInScope: isInScope,
      isLedgerStale: isStale)
  }

  private func difference(_ unit: OutputUnit, _ lines: Ledger.Lines?, _ journal: OutputJournal, _ detail: Detail) throws
    -> Delta.Difference
  {
    if let lines, let key = unit.key, let line = record?.lines[unit.name], line.key == key,
      let fingerprint = fingerprint(lines, of: unit.name), fingerprint == line.fingerprint
    {
      return .init(unit: unit, changes: [], isNew: false, lines: lines, fingerprint: fingerprint)
    }
    let interrupted = journal.files(of: unit.name)
    let isNew = !isThere(unit.name)
    if isNew, detail == .units { return .init(unit: unit, changes: [], isNew: true, lines: nil, fingerprint: nil) }
    let tree = try unit.make()
    let entries = try lines?.entries() ?? [:]
    var changes: [Change] = []
    for path in tree.paths {
      guard let artifact = tree.files[path] else { continue }
      let current = isNew ? nil : try ExistingFile(self.path.appending(path.text))
      if let current, current.bytes == artifact.bytes, current.isExecutable == artifact.isExecutable, !current.isLink {
        continue
      }
      let isOurs =
        current.map { file in
          let digest = file.digest
          return !file.isLink
            && (digest == entries[path.text]?.sha256 || interrupted[path.text]?.contains(digest) == true)
        } ?? true
      let kind: Change.Kind =
        current == nil ? .create : isOurs || current?.bytes == artifact.bytes ? .update : .overwrite
      let isShown = detail == .contents
      changes.append(
        .init(
          kind: kind, path: path.text, source: artifact.source, old: isShown ? current?.bytes : nil,
          new: isShown ? artifact.bytes : nil))
    }
    changes += try removals(of: entries.filter { tree[$0.key] == nil }, detail)
    changes += try leftovers(interrupted.filter { tree[$0.key] == nil && entries[$0.key] == nil }, detail)
    let made = Ledger.Lines(tree.files.map { (path: $0.key.text, entry: Ledger.Entry($0.value)) })
    return .init(
      unit: unit, changes: changes, isNew: isNew, lines: changes.isEmpty ? made : nil,
      fingerprint: changes.isEmpty ? fingerprint(made, of: unit.name) : nil, tree: tree.files.count == 1 ? tree : nil)
  }

  private func removals(of entries: [String: Ledger.Entry], _ detail: Detail) throws -> [Change] {
    try entries.compactMap { path, entry in
      guard let current = try ExistingFile(self.path.appending(path)) else { return nil }
      let kind: Change.Kind = current.digest == entry.sha256 ? .remove : .discard
      return .init(
        kind: kind, path: path, source: entry.source, old: detail == .contents ? current.bytes : nil, new: nil)
    }
  }

  /// Files of a killed run that no ledger lists and nothing generates any more.
  private func leftovers(_ files: [String: Set<String>], _ detail: Detail) throws -> [Change] {
    try files.compactMap { path, digests in
      guard let current = try ExistingFile(self.path.appending(path)), digests.contains(current.digest) else {
        return nil
      }
      return .init(
        kind: .remove, path: path, source: "a run that was killed", old: detail == .contents ? current.bytes : nil,
        new: nil)
    }
  }

  private func isThere(_ name: String) -> Bool {
    var info = stat()
    return path.appending(name).withPlatformString { lstat($0, &info) } == 0
  }

  /// Over the lines and the status of each of their files; nil when one is not there or changed just now.
  func fingerprint(_ lines: Ledger.Lines, of unit: String) -> String? {
    let now = FileStatus.now
    var result = StatusFingerprint()
    var isSafe = true
    result.add(lines.bytes)
    // Asked from the unit's own folder: the way to it is walked once.
    let folder =
      (try? FileDescriptor.open(path.appending(unit), .readOnly, options: [.directory, .closeOnExec]))
      ?? (try? FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec]))
    guard let folder else { return nil }
    defer { try? folder.close() }
    let isInside = lines.bytes.dropFirst(5).starts(with: "\(unit)/".utf8)
    var name: [CChar] = []
    lines.forEachPath { path in
      name.removeAll(keepingCapacity: true)
      for byte in isInside ? path.dropFirst(unit.utf8.count + 1) : path { name.append(CChar(bitPattern: byte)) }
      name.append(0)
      var info = stat()
      guard fstatat(folder.rawValue, name, &info, AT_SYMLINK_NOFOLLOW) == 0 else {
        isSafe = false
        return
      }
      let status = FileStatus(info)
      if !status.isSettled(at: now) { isSafe = false }
      for number in [status.device, status.inode, status.size, status.mode, status.modified, status.changed] {
        result.add(number)
      }
    }
    return isSafe ? result.hex : nil
  }
}
