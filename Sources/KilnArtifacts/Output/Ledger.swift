import Foundation

/// What Kiln wrote into a folder: `index.json`, by which it knows its own files.
///
/// `{"files": {"acme/app/Dockerfile": {"executable": false, "sha256": "…", "source": "environments/acme.yaml"}},
/// "generator": "kiln 0.1.0", "schemaVersion": 1}`, keys sorted. Its lines are kept unit by unit and read only where they
/// are asked for: a fleet's index has a line for each of hundreds of thousands of files.
public struct Ledger: Sendable, Equatable {
  public static let name = "index.json"

  public struct Entry: Sendable, Equatable, Codable {
    public let sha256: String
    public let source: String
    public let executable: Bool

    public init(_ artifact: Artifact) {
      sha256 = artifact.digest.hex
      source = artifact.source
      executable = artifact.isExecutable
    }
  }

  /// The lines of a unit's files, sorted by path, each ended by `,\n` but the last.
  struct Lines: Sendable, Equatable {
    let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    init(_ entries: [(path: String, entry: Entry)]) {
      var bytes: [UInt8] = []
      for (path, entry) in entries.sorted(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) {
        if !bytes.isEmpty { bytes += ",\n".utf8 }
        bytes += "    \(Ledger.quoted(path)): {\"executable\": \(entry.executable), \"sha256\": \"".utf8
        bytes += "\(entry.sha256)\", \"source\": \(Ledger.quoted(entry.source))}".utf8
      }
      self.bytes = bytes[...]
    }

    /// The entries by path.
    func entries() throws(LedgerError) -> [String: Entry] {
      do {
        return try JSONDecoder().decode([String: Entry].self, from: Data([0x7B] + bytes + [0x7D]))
      } catch {
        throw LedgerError(reason: "it is not Kiln's index")
      }
    }

    /// The paths alone, for lines as Kiln writes them.
    func forEachPath(_ body: (Slice<UnsafeBufferPointer<UInt8>>) throws -> Void) rethrows {
      try bytes.withUnsafeBufferPointer { buffer in
        var rest = buffer[...]
        while let path = Ledger.path(&rest) { try body(path) }
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
      throw LedgerError(reason: "it is not Kiln's index")
    }
    guard document.schemaVersion == 1 else {
      throw LedgerError(reason: "it has schema version \(document.schemaVersion), of another Kiln")
    }
    for path in document.files.keys where RelativePath(path) == nil {
      throw LedgerError(reason: "it names \"\(path)\"")
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
      var rest = buffer[head.count..<end.lowerBound]
      var current: (name: String, start: Int)?
      while !rest.isEmpty {
        let start = rest.startIndex
        guard let path = path(&rest) else { return false }
        // The same unit as the line before is told without making text of it.
        if let current, isIn(current.name, path) { continue }
        let name = OutputUnit.name(of: String(decoding: path, as: UTF8.self))
        guard units[name] == nil, current?.name != name else { return false }
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
    return path.starts(with: name)
  }

  private static func range(of needle: [UInt8], in bytes: [UInt8], last count: Int) -> Range<Int>? {
    let start = max(0, bytes.count - count)
    return (start...max(start, bytes.count - needle.count)).lazy.reversed().first {
      bytes[$0...].starts(with: needle)
    }.map { $0..<$0 + needle.count }
  }

  /// Takes one line off `rest`: its path, or nil when it is not as Kiln writes them.
  private static func path(_ rest: inout Slice<UnsafeBufferPointer<UInt8>>) -> Slice<UnsafeBufferPointer<UInt8>>? {
    guard rest.starts(with: "    \"".utf8) else { return nil }
    let start = rest.startIndex + 5
    guard let end = rest[start...].firstIndex(of: UInt8(ascii: "\"")), end > start else { return nil }
    let line = rest[start...].firstIndex(of: 10) ?? rest.endIndex
    let path = rest[start..<end]
    let (slash, dot) = (UInt8(ascii: "/"), UInt8(ascii: "."))
    var before = slash
    for (index, byte) in path.enumerated() {
      // Escapes are for the decoder; so is a component that leaves the folder.
      if byte == UInt8(ascii: "\\") || before == slash && (byte == slash || byte == dot) {
        let isHidden =
          byte == dot && index + 1 < path.count && path[start + index + 1] != slash
          && path[start + index + 1] != dot
        if !isHidden { return nil }
      }
      before = byte
    }
    guard before != slash, rest[end..<line].starts(with: "\": {\"executable\": ".utf8) else { return nil }
    rest = rest[min(line + 1, rest.endIndex)...]
    return path
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
    bytes += "\(Self.quoted(generator)),\n  \"schemaVersion\": 1\n}\n".utf8
    return bytes
  }

  private static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy {
      $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    if isPlain { return "\"\(text)\"" }
    let data = (try? JSONEncoder().encode(text)) ?? Data()
    return String(decoding: data, as: UTF8.self).replacing("\\/", with: "/")
  }
}

/// An `index.json` that is not Kiln's.
public struct LedgerError: Error, Sendable, Equatable {
  public let reason: String
}
