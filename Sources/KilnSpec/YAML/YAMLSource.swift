import KilnDiagnostics

/// A file's text with line feeds alone, and the characters in it that readers do not show or read differently.
struct YAMLSource {
  struct Character {
    let position: SourcePosition
    let scalar: Unicode.Scalar

    var name: String { "U+\(YAMLSource.hex(scalar.value))" }

    var remedy: String {
      switch scalar.value {
      case 0x0D: "end lines with a line feed"
      case 0: "remove it: no path, variable or argument can hold it"
      case ..<0x100: "take it out, or write \"\\x\(YAMLSource.hex(scalar.value).suffix(2))\" in double quotes"
      default: "take it out, or write \"\\u\(YAMLSource.hex(scalar.value))\" in double quotes"
      }
    }
  }

  /// Characters that are reported: more of them say nothing new.
  private static let limit = 100

  /// What libyaml reads: stand-ins have the places of `separators`.
  private(set) var text: String
  /// Control characters, which may stand nowhere.
  private(set) var controls: [Character] = []
  /// Line ends of YAML 1.1 that are none in 1.2, so that some readers see another line where others see a comment, and
  /// byte order marks, which readers drop. Only a quoted scalar may have them.
  private(set) var separators: [Character] = []
  /// libyaml must not act on a separator: a character of private use stands for each.
  private(set) var standIns: [Unicode.Scalar: Unicode.Scalar] = [:]

  init(_ text: String) {
    var bytes = Array(text.utf8)
    let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    if hasMark { bytes.removeFirst(3) }
    let hasReturns = bytes.contains(0x0D)
    if hasReturns { bytes = Self.withoutReturns(bytes) }
    self.text = hasMark || hasReturns ? String(decoding: bytes, as: UTF8.self) : text
    scan(bytes)
    if !separators.isEmpty { replaceSeparators() }
  }

  private mutating func replaceSeparators() {
    let used = Set(text.unicodeScalars.lazy.filter { (0xE000...0xF8FF).contains($0.value) })
    let free = (UInt32(0xE000)...0xF8FF).lazy.compactMap(Unicode.Scalar.init).filter { !used.contains($0) }
    let pairs = Array(zip(Self.separatorScalars, free))
    let forth = Dictionary(uniqueKeysWithValues: pairs)
    text = String(String.UnicodeScalarView(text.unicodeScalars.map { forth[$0] ?? $0 }))
    standIns = Dictionary(uniqueKeysWithValues: pairs.map { ($1, $0) })
  }

  private static let separatorScalars: [Unicode.Scalar] = ["\u{85}", "\u{2028}", "\u{2029}", "\u{FEFF}"]

  /// CRLF becomes LF: no column changes, since the carriage return is the line's last character.
  private static func withoutReturns(_ bytes: [UInt8]) -> [UInt8] {
    var kept: [UInt8] = []
    kept.reserveCapacity(bytes.count)
    for (index, byte) in bytes.enumerated() {
      if byte == 0x0D, index + 1 < bytes.count, bytes[index + 1] == 0x0A { continue }
      kept.append(byte)
    }
    return kept
  }

  private mutating func scan(_ bytes: [UInt8]) {
    var lineStart = 0
    var line = 1
    for (index, byte) in bytes.enumerated() {
      if byte == 0x0A {
        line += 1
        lineStart = index + 1
        continue
      }
      guard byte < 0x20 && byte != 0x09 || byte == 0x7F || byte == 0xC2 || byte == 0xE2 || byte == 0xEF,
        let scalar = Self.suspect(bytes[index...].prefix(3))
      else { continue }
      let isSeparator = Self.separatorScalars.contains(scalar)
      guard (isSeparator ? separators.count : controls.count) < Self.limit else { continue }
      let before = bytes[lineStart..<index].count { $0 & 0xC0 != 0x80 }
      let found = Character(position: SourcePosition(line: line, column: before + 1), scalar: scalar)
      if isSeparator { separators.append(found) } else { controls.append(found) }
    }
  }

  private static func suspect(_ bytes: ArraySlice<UInt8>) -> Unicode.Scalar? {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: return scalar
    default: return nil
    }
  }

  static func hex(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
