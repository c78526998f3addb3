// A libFuzzer target: any ledger and any journal is read or refused. What is accepted names only files below a folder, and
// is the same when it is written and read again.

/// Its names alone are asked for here.
struct OutputUnit {}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeRawBufferPointer(start: start, count: count))
  if let ledger = try? Ledger(bytes) {
    var paths: Set<String> = []
    for (unit, lines) in ledger.units {
      guard let entries = try? lines.entries() else { preconditionFailure("accepted lines cannot be decoded") }
      // Names that Unicode takes for equal are one key.
      precondition(entries.count <= lines.count, "another number of files")
      for (path, entry) in entries {
        precondition(RelativePath(path) != nil && !path.utf8.contains(0), "a path leaves the folder")
        precondition(!path.split(separator: "/").contains(".."), "a path leaves the folder")
        precondition(OutputUnit.name(of: path) == unit && !OutputUnit.isReserved(unit), "a file of another unit")
        precondition(LedgerLine.isDigest(entry.sha256.utf8), "no digest")
        precondition(!entry.source.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, "a control character")
        precondition(paths.insert(path).inserted, "a file twice")
      }
    }
    guard let again = try? Ledger(ledger.bytes) else { preconditionFailure("what was written is refused") }
    precondition(again == ledger && again.bytes == ledger.bytes, "it is not the same again")
  }
  if let journal = try? OutputJournal(bytes) {
    for unit in journal.units {
      for (path, digests) in journal.files(of: unit) {
        precondition(RelativePath(path) != nil && !path.split(separator: "/").contains(".."), "a path leaves the folder")
        precondition(digests.allSatisfy { LedgerLine.isDigest($0.utf8) }, "no digest")
      }
    }
    guard let again = try? OutputJournal(journal.bytes) else { preconditionFailure("what was written is refused") }
    precondition(again == journal, "it is not the same again")
  }
  return 0
}
