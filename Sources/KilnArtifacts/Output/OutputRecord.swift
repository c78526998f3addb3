import Foundation
public import SystemPackage

/// By which unchanged output is recognised without generating or reading it: for each unit what its files depend on, and a
/// fingerprint of their status on disk. It is a hint for one machine: without it, or when it is old, files are compared.
public struct OutputRecord: Sendable {
  struct Line: Sendable, Equatable {
    let key: String
    /// 16 hexadecimal digits over the ledger's lines and every file's status.
    let fingerprint: String
  }

  /// Where it is kept.
  public let path: FilePath
  /// What else generated files depend on: another program's record is no use.
  let generator: String
  private(set) var lines: [String: Line] = [:]

  /// - Parameter generator: The program that generates, down to its build.
  public init(_ path: FilePath, generator: String) {
    self.path = path
    self.generator = generator
    guard let data = FileManager.default.contents(atPath: path.string) else { return }
    let rows = String(decoding: data, as: UTF8.self).split(separator: "\n")
    guard rows.first.map(String.init) == Self.header(generator) else { return }
    for row in rows.dropFirst() {
      let parts = row.split(separator: "\t").map(String.init)
      if parts.count == 3 { lines[parts[0]] = Line(key: parts[1], fingerprint: parts[2]) }
    }
  }

  private static func header(_ generator: String) -> String { "kiln output record 1\t\(generator)" }

  /// Replaces the record on disk. One that cannot be written is gone: the next run compares.
  func write(_ lines: [String: Line]) {
    if lines == self.lines { return }
    let rows = lines.sorted { $0.key < $1.key }.map { "\($0.key)\t\($0.value.key)\t\($0.value.fingerprint)" }
    let text = ([Self.header(generator)] + rows).joined(separator: "\n") + "\n"
    do {
      try FileManager.default.createDirectory(
        atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
      try FileReplacement.replace([.init(path: path, bytes: Array(text.utf8))])
    } catch {
      try? FileManager.default.removeItem(atPath: path.string)
    }
  }
}

/// A fingerprint over numbers and bytes, for recognising, not for proving.
struct StatusFingerprint {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  mutating func add(_ number: Int) {
    state ^= UInt64(bitPattern: Int64(number))
    state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
    state ^= state >> 31
  }

  mutating func add(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset + 8 <= buffer.count {
        add(Int(truncatingIfNeeded: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
        offset += 8
      }
      while offset < buffer.count {
        add(Int(buffer[offset]))
        offset += 1
      }
      add(buffer.count)
    }
  }

  var hex: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
