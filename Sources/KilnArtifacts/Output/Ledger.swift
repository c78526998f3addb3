import KilnDocuments

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What Kiln wrote into a folder: `index.json`, by which it knows its own files.
///
/// `{"files": {"acme/apps/app/Dockerfile": {"executable": false, "sha256": "…", "source": "environments/acme.yaml"}},
/// "generator": "kiln 0.1.0", "schemaVersion": 1}`, keys sorted. Its lines are checked when it is read, kept unit by unit,
/// and decoded only where they are asked for: a fleet's index has a line for each of hundreds of thousands of files.
///
/// Somebody else may have committed it: every path is a `RelativePath`, every digest 64 hexadecimal digits, and no source
/// has a control character, or it is refused.
public struct Ledger: Sendable, Equatable {
  public static let name = "index.json"

  public struct Entry: Sendable, Equatable, Codable {
    public let sha256: String
    public let source: String
    public let executable: Bool
  }

  /// The lines of a unit's files, sorted by path, each ended by `,\n` but the last.
  struct Lines: Sendable, Equatable {
    let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    init(_ entries: [(path: String, entry: Entry)]) {
      var bytes: [UInt8] = []
      for (path, entry) in entries.sorted(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) {
        if !bytes.isEmpty { bytes += ",\n".utf8 }
        bytes += "    \(JSONRenderer.quoted(path)): {\"executable\": \(entry.executable), \"sha256\": \"".utf8
        bytes += "\(entry.sha256)\", \"source\": \(JSONRenderer.quoted(entry.source))}".utf8
      }
      self.bytes = bytes[...]
    }

    /// How many files there are: an escaped name has no line break.
    var count: Int { bytes.isEmpty ? 0 : bytes.count { $0 == 10 } + 1 }

    /// The entries by path.
    func entries() throws(LedgerError) -> [String: Entry] {
      var entries: [String: Entry] = [:]
      let isPlain = forEach { bytes, line in
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        entries[text(line.path)] = Entry(
          sha256: text(line.sha256), source: text(line.source), executable: line.isExecutable)
      }
      if isPlain { return entries }
      do {
        return try JSONDecoder().decode([String: Entry].self, from: Data([0x7B] + bytes + [0x7D]))
      } catch {
        throw LedgerError("it is not Kiln's index")
      }
    }

    /// False when a name is escaped: the lines from there on are left out.
    func forEach(_ body: (UnsafeBufferPointer<UInt8>, LedgerLine) throws -> Void) rethrows -> Bool {
      try bytes.withUnsafeBufferPointer { buffer in
        var place = 0
        while place < buffer.count {
          guard let line = LedgerLine(buffer, &place) else { return false }
          try body(buffer, line)
        }
        return true
      }
    }
  }

  public let generator: String
  /// By the unit's name.
  let units: [String: Lines]

  init(generator: String, units: [String: Lines]) {
    self.generator = generator
    self.units = units.filter { !$0.value.bytes.isEmpty }
  }

  public init(generator: String, files: [String: Entry]) {
    let groups = Dictionary(grouping: files, by: { OutputUnit.name(of: $0.key) })
    self.init(
      generator: generator, units: groups.mapValues { group in Lines(group.map { (path: $0.key, entry: $0.value) }) })
  }

  private struct Document: Codable {
    let files: [String: Entry]
    let generator: String
    let schemaVersion: Int
  }

  private static let head = Array("{\n  \"files\": {\n".utf8)
  private static let foot = Array("\n  },\n  \"generator\": ".utf8)

  /// Reads `index.json`.
  /// - Throws: A `LedgerError` saying what is wrong with it.
  public init(_ bytes: [UInt8]) throws(LedgerError) {
    if let ledger = Self.asWritten(bytes) {
      self = ledger
      return
    }
    let document: Document
    do {
      document = try JSONDecoder().decode(Document.self, from: Data(bytes))
    } catch {
      throw LedgerError("it is not Kiln's index")
    }
    guard document.schemaVersion == 1 else {
      throw LedgerError("it has schema version \(document.schemaVersion), of another Kiln")
    }
    for (path, entry) in document.files {
      guard RelativePath(path) != nil, !OutputUnit.isReserved(OutputUnit.name(of: path)) else {
        throw LedgerError("it lists \(JSONRenderer.quoted(path)), which Kiln does not write")
      }
      guard LedgerLine.isDigest(entry.sha256.utf8), LedgerLine.isSource(entry.source) else {
        throw LedgerError("the entry of \(JSONRenderer.quoted(path)) is not Kiln's")
      }
    }
    self.init(generator: document.generator, files: document.files)
  }

  /// An index whose lines are as Kiln writes them, taken apart by unit without decoding them; nil for any other.
  private static func asWritten(_ bytes: [UInt8]) -> Ledger? {
    guard bytes.starts(with: head), let end = range(of: foot, in: bytes, last: 400) else { return nil }
    struct Tail: Codable {
      let generator: String
      let schemaVersion: Int
    }
    let tail = Data("{\"generator\": ".utf8) + bytes[end.upperBound...]
    guard let tail = try? JSONDecoder().decode(Tail.self, from: tail), tail.schemaVersion == 1 else { return nil }
    var units: [String: Lines] = [:]
    let isWhole = bytes.withUnsafeBufferPointer { buffer -> Bool in
      let lines = UnsafeBufferPointer(rebasing: buffer[..<end.lowerBound])
      var place = head.count
      guard place < lines.count else { return false }
      var current: (name: String, start: Int)?
      var last: Range<Int>?
      while place < lines.count {
        let start = place
        guard let line = LedgerLine(lines, &place) else { return false }
        // Sorted, so that nothing is listed twice.
        if let last, !lines[last].lexicographicallyPrecedes(lines[line.path]) { return false }
        last = line.path
        // The same unit as the line before is told without making text of it.
        if let current, isIn(current.name, lines[line.path]) { continue }
        let name = OutputUnit.name(of: String(decoding: lines[line.path], as: UTF8.self))
        if name == current?.name { continue }
        guard units[name] == nil, !OutputUnit.isReserved(name) else { return false }
        if let current { units[current.name] = Lines(bytes[current.start..<start - 2]) }
        current = (name, start)
      }
      if let current { units[current.name] = Lines(bytes[current.start..<end.lowerBound]) }
      return true
    }
    return isWhole ? Ledger(generator: tail.generator, units: units) : nil
  }

  private static func isIn(_ unit: String, _ path: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    let name = unit.utf8
    guard path.count > name.count, path[path.startIndex + name.count] == UInt8(ascii: "/") else { return false }
    // A file of `runtimes` itself and a runtime's are of different units.
    return unit != OutputUnit.runtimes && path.starts(with: name)
  }

  private static func range(of needle: [UInt8], in bytes: [UInt8], last count: Int) -> Range<Int>? {
    let start = max(0, bytes.count - count)
    return (start...max(start, bytes.count - needle.count)).lazy.reversed().first {
      bytes[$0...].starts(with: needle)
    }.map { $0..<$0 + needle.count }
  }

  /// The file's bytes: sorted keys, one line a file.
  public var bytes: [UInt8] {
    // A folder's files stand where its name with a slash does.
    func place(_ unit: String, _ lines: Lines) -> String {
      lines.bytes.dropFirst(5).starts(with: "\(unit)/".utf8) ? unit + "/" : unit
    }
    let sorted = units.map { (place: place($0.key, $0.value), lines: $0.value) }.sorted {
      $0.place.utf8.lexicographicallyPrecedes($1.place.utf8)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(sorted.reduce(200) { $0 + $1.lines.bytes.count + 2 })
    if sorted.isEmpty {
      bytes += "{\n  \"files\": {},\n  \"generator\": ".utf8
    } else {
      bytes += Self.head
      for (index, unit) in sorted.enumerated() {
        if index > 0 { bytes += ",\n".utf8 }
        bytes += unit.lines.bytes
      }
      bytes += Self.foot
    }
    bytes += "\(JSONRenderer.quoted(generator)),\n  \"schemaVersion\": 1\n}\n".utf8
    return bytes
  }
}

/// One of Kiln's own files in the output folder that is not as Kiln writes it.
public struct LedgerError: Error, Sendable, Equatable {
  public let file: String
  public let reason: String

  init(_ reason: String, in file: String = Ledger.name) {
    self.file = file
    self.reason = reason
  }
}
