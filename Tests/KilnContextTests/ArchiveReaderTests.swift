import Testing

@testable import KilnContext

struct ArchiveReaderTests {
  private static let samples: [ArchiveEntry] = [
    .init(Array(".".utf8), .directory, mode: 0o2770, user: 33, group: 44, time: 1_000_000_000),
    .init(Array("a".utf8), .directory, mode: 0o700),
    .init(Array("a/secret".utf8), .file(size: 3), mode: 0o600, user: 1_000_000_000, group: 3_000_000, time: 5),
    .init(
      Array("a/same".utf8), .hardLink(target: Array("a/secret".utf8)), mode: 0o600, user: 1_000_000_000,
      group: 3_000_000, time: 5),
    .init([0x62, 0xFF, 0x20, 0x0A], .file(size: 3), mode: 0o4755),
    .init(Array("link ü".utf8), .symbolicLink(target: Array("/etc/ä".utf8)), mode: 0o777),
    .init([UInt8](repeating: 0x7A, count: 300), .file(size: 3), mode: 0o644),
  ]

  private static func archive(_ entries: [ArchiveEntry]) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let writer = try ArchiveWriter(time: 0) { bytes += $0 }
    for entry in entries {
      try writer.begin(entry)
      if case .file(let size) = entry.kind {
        try [UInt8](repeating: 0x41, count: size).withUnsafeBytes { try writer.write($0) }
      }
    }
    try writer.close()
    return bytes
  }

  /// - Parameter step: How many bytes the source gives at once.
  private static func read(_ bytes: [UInt8], step: Int = .max) throws -> [(entry: ArchiveEntry, text: String)] {
    var rest = bytes[...]
    let reader = try ArchiveReader { buffer in
      let piece = rest.prefix(min(step, buffer.count))
      buffer.copyBytes(from: piece)
      rest = rest.dropFirst(piece.count)
      return piece.count
    }
    var found: [(ArchiveEntry, String)] = []
    while let entry = try reader.next() {
      var text = ""
      try reader.rest { text += String(decoding: $0, as: UTF8.self) }
      found.append((entry, text))
    }
    return found
  }

  @Test(arguments: [7, 512, Int.max]) func whatIsWrittenComesBack(step: Int) throws {
    let found = try Self.read(try Self.archive(Self.samples), step: step)
    #expect(found.map(\.entry) == Self.samples)
    #expect(found.map(\.text) == ["", "", "AAA", "", "AAA", "", "AAA"])
  }

  /// GNU tar's old form: the header says that 1 GiB is there, of which the archive has nothing.
  @Test func aSparseFileIsNoFile() throws {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at start: Int) { header.replaceSubrange(start..<start + text.utf8.count, with: text.utf8) }
    put("hole", at: 0)
    put("0000644\0", at: 100)
    put("0000000\0", at: 108)
    put("0000000\0", at: 116)
    put("00000000000\0", at: 124)
    put("00000000000\0", at: 136)
    put("S", at: 156)
    put("ustar  \0", at: 257)
    put("10000000000\0", at: 386)
    put("00000000000\0", at: 398)
    put("10000000000\0", at: 483)
    put("        ", at: 148)
    let sum = header.reduce(0) { $0 + Int($1) }
    let digits = String(sum, radix: 8)
    put(String(repeating: "0", count: 6 - digits.count) + digits + "\0 ", at: 148)
    let found = try Self.read(header + [UInt8](repeating: 0, count: 1024))
    #expect(found.map(\.entry.kind) == [.special("a sparse file")])
  }

  @Test func anArchiveThatWasCutOffIsNone() throws {
    let bytes = try Self.archive([.init(Array("a".utf8), .file(size: 4000))])
    #expect(throws: ArchiveError.self) { try Self.read(Array(bytes.prefix(2000))) }
    #expect(throws: ArchiveError.self) { try Self.read(Array("no archive at all, whatever it is called".utf8)) }
    #expect(try Self.read(try Self.archive([])).isEmpty)
  }

  @Test func whatTheSourceThrowsArrives() throws {
    struct Failure: Error {}
    #expect(throws: Failure.self) { try ArchiveReader { _ in throw Failure() }.next() }
  }
}
