import SystemPackage

extension OutputFolder {
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
    /// What stood there; nil for nothing.
    let found: FileStatus?

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
      var changes: [Change] = []
      /// Files that the ledger or a killed run lists, that nothing generates and that are not there.
      var gone: [String] = []
      /// Nothing of it is there: its folder is made as a whole.
      var isNew = false
      /// The ledger's lines where no file differs; to be made while writing otherwise.
      var lines: Ledger.Lines?
      var fingerprint: String?
      /// What was made to compare, where it is worth keeping until it is written.
      var tree: ArtifactTree?
    }

    let differences: [Difference]
    /// Changes of units that are no longer generated.
    let orphans: [Change]
    let gone: [String]
    let known: Ledger
    /// What a killed run wrote of units that this delta does not concern.
    let journalOutOfScope: OutputJournal
    let generator: String
    let isInScope: @Sendable (String) -> Bool
    /// Whether the ledger has other bytes than it should, as far as unchanged units tell.
    let isLedgerStale: Bool
    /// Whether a run was killed whose traces are to be mended.
    public let wasInterrupted: Bool
    /// Held from comparing to writing, so that both mean the same folder; nil when it is not there.
    let root: OpenRoot?

    /// Changes by path; a unit that is new as a whole has none where only units were asked for.
    public var changes: [Change] {
      (differences.flatMap(\.changes) + orphans).sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }
    /// Units that are not there yet.
    public var newUnits: [String] { differences.filter(\.isNew).map(\.unit.name) }
    /// Units that the index lists, or whose files a killed run left.
    public var knownUnits: [String] {
      Set(known.units.keys).union(orphans.map { OutputUnit.name(of: $0.path) }).sorted()
    }
    public var isEmpty: Bool {
      orphans.isEmpty && !isLedgerStale && !wasInterrupted
        && differences.allSatisfy { $0.changes.isEmpty && !$0.isNew }
    }
  }
}
