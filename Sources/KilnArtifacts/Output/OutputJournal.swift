/// What a run that has not ended wrote: by it the next run knows the files of one that was killed.
///
/// Lines are `SHA256 PATH`, as strict as the ledger's: somebody else may have committed it. A last one that is not whole is
/// none.
struct OutputJournal: Sendable, Equatable {
  static let name = OutputUnit.journal

  /// By unit and path.
  private var digests: [String: [String: Set<String>]] = [:]

  init() {}

  /// - Throws: `LedgerError` for any other text.
  init(_ bytes: some Collection<UInt8>) throws(LedgerError) {
    let end = Self.wholeLines(bytes)
    for line in bytes[..<end].split(separator: 10, omittingEmptySubsequences: false).dropLast() {
      let path = line.dropFirst(65)
      guard LedgerLine.isDigest(line.prefix(64)), line.dropFirst(64).first == UInt8(ascii: " "),
        let text = String(validating: path, as: UTF8.self), RelativePath(text) != nil
      else { throw LedgerError("it is not Kiln's journal", in: Self.name) }
      let unit = OutputUnit.name(of: text)
      guard !OutputUnit.isReserved(unit) else {
        throw LedgerError("it lists \(unit), which Kiln does not generate", in: Self.name)
      }
      digests[unit, default: [:]][text, default: []].insert(String(decoding: line.prefix(64), as: UTF8.self))
    }
  }

  /// Where the whole lines end: a kill or a full disk may have cut the last one.
  static func wholeLines<Bytes: Collection<UInt8>>(_ bytes: Bytes) -> Bytes.Index {
    var end = bytes.startIndex
    var index = bytes.startIndex
    while index != bytes.endIndex {
      let next = bytes.index(after: index)
      if bytes[index] == 10 { end = next }
      index = next
    }
    return end
  }

  /// Sorted lines.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for (_, files) in digests.sorted(by: { $0.key < $1.key }) {
      for (path, digests) in files.sorted(by: { $0.key < $1.key }) {
        for digest in digests.sorted() { bytes += "\(digest) \(path)\n".utf8 }
      }
    }
    return bytes
  }

  /// What a killed run wrote of a unit, by path, each with the digests that it may have.
  func files(of unit: String) -> [String: Set<String>] { digests[unit] ?? [:] }

  var units: [String] { Array(digests.keys) }

  func filter(_ isKept: (String) -> Bool) -> OutputJournal {
    var journal = OutputJournal()
    journal.digests = digests.filter { isKept($0.key) }
    return journal
  }
}
