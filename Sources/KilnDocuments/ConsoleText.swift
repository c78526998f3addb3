/// Text as a console may get it: nothing in it controls a terminal or the CI system that reads along.
///
/// Azure Pipelines carries out `##vso[…]` anywhere in a line, GitHub Actions `##[…]` anywhere and `::…` at the start of a
/// line, TeamCity `##teamcity[…]`. A blank after the two signs, or a dot before the colons, is what each of them ignores,
/// and what a person sees.
public enum ConsoleText {
  /// `text`, of any number of lines, with control characters shown and commands disarmed.
  public static func safe(_ text: String) -> String {
    var text = text
    guard let bytes = text.withUTF8({ safe(UnsafeRawBufferPointer($0)) }) else { return text }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The same for one line: line breaks and tabs are control characters, too.
  public static func safe(line text: String) -> String { safe(visible(text)) }

  /// The same for a line of bytes, which need not be UTF-8; nil when they are safe as they are.
  public static func safe(line bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    guard bytes.contains(0x0A) else { return safe(bytes) }
    let shown = bytes.flatMap { $0 == 0x0A ? Array("␊".utf8) : [$0] }
    return shown.withUnsafeBytes { safe($0) } ?? shown
  }

  /// The same for bytes, which need not be UTF-8; nil when they are safe as they are.
  public static func safe(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    var writer = Writer(bytes)
    return writer.run() ? writer.out : nil
  }

  /// One line with control characters, and those that turn the direction of text, as visible signs, scalar by scalar.
  public static func visible(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x09: out.append(" ")
      case 0..<0x20, 0x7F: out.append(Unicode.Scalar(scalar.value == 0x7F ? 0x2421 : 0x2400 + scalar.value) ?? " ")
      case 0x80..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: out.append("\u{FFFD}")
      default: out.append(scalar)
      }
    }
    return String(out)
  }

  /// A JSON text of the same values, in which no string controls anything.
  public static func safe(json: String) -> String {
    guard json.utf8.contains(where: { $0 == UInt8(ascii: "#") || $0 == 0x7F || $0 == 0xC2 || $0 == 0xE2 }) else {
      return json
    }
    var out = String.UnicodeScalarView()
    var last: Unicode.Scalar = " "
    for scalar in json.unicodeScalars {
      switch scalar.value {
      case 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: escape(scalar, &out)
      // No more than strings have such signs in them.
      case UInt32(UInt8(ascii: "#")) where last == "#": escape(scalar, &out)
      default: out.append(scalar)
      }
      last = scalar
    }
    return String(out)
  }

  private static func escape(_ scalar: Unicode.Scalar, _ out: inout String.UnicodeScalarView) {
    let hex = String(scalar.value, radix: 16)
    out.append(contentsOf: ("\\u" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex).unicodeScalars)
  }

  private struct Writer {
    let bytes: UnsafeRawBufferPointer
    private(set) var out: [UInt8] = []
    /// What is before it has been written.
    private var written = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Whether anything was to be changed.
    mutating func run() -> Bool {
      var at = 0
      // Nothing but blanks has been seen in the line.
      var isStart = true
      while at < bytes.count {
        let byte = bytes[at]
        switch byte {
        case 0x0A: isStart = true
        case 0x09, 0x20: break
        case 0..<0x20, 0x7F:
          replace(at, 1, [0xE2, 0x90, byte == 0x7F ? 0xA1 : 0x80 + byte])
          isStart = false
        case UInt8(ascii: "#"):
          isStart = false
          if isCommand(at) {
            replace(at, 2, Array("## ".utf8))
            at += 1
          }
        case UInt8(ascii: ":"):
          if isStart, next(at, 1) == byte { replace(at, 0, Array("·".utf8)) }
          isStart = false
        case 0xC2:
          if let second = next(at, 1), (0x80..<0xA0).contains(second) { replace(at, 2, Self.unknown) }
          if next(at, 1) != 0xA0, next(at, 1) != 0xAD { isStart = false }
        case 0xE1: if next(at, 1) != 0x9A || next(at, 2) != 0x80 { isStart = false }
        case 0xE2:
          if isDirection(at) {
            replace(at, 3, Self.unknown)
            at += 2
          } else if !isBlank(at) {
            isStart = false
          }
        case 0xE3: if next(at, 1) != 0x80 || next(at, 2) != 0x80 { isStart = false }
        case 0xEF: if next(at, 1) != 0xBB || next(at, 2) != 0xBF { isStart = false }
        case 0x80..<0xC0: break
        default: isStart = false
        }
        at += 1
      }
      guard written > 0 || !out.isEmpty else { return false }
      out += bytes[written...]
      return true
    }

    private static let unknown: [UInt8] = [0xEF, 0xBF, 0xBD]

    private func next(_ at: Int, _ distance: Int) -> UInt8? { at + distance < bytes.count ? bytes[at + distance] : nil }

    private mutating func replace(_ at: Int, _ count: Int, _ text: [UInt8]) {
      out += bytes[written..<at]
      out += text
      written = at + count
    }

    /// `##`, a word or none, and `[`.
    private func isCommand(_ at: Int) -> Bool {
      guard next(at, 1) == UInt8(ascii: "#") else { return false }
      var end = at + 2
      while end < bytes.count, isWord(bytes[end]) { end += 1 }
      return end < bytes.count && bytes[end] == UInt8(ascii: "[")
    }

    private func isWord(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "-._".utf8.contains(byte)
    }

    /// U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069.
    private func isDirection(_ at: Int) -> Bool {
      guard let second = next(at, 1), let third = next(at, 2) else { return false }
      switch second {
      case 0x80: return (0x8E...0x8F).contains(third) || (0xA8...0xAE).contains(third)
      case 0x81: return (0xA6...0xA9).contains(third)
      default: return false
      }
    }

    /// U+2000 to U+200D, U+202F, U+205F, U+2060: blanks, and what has no width.
    private func isBlank(_ at: Int) -> Bool {
      guard let second = next(at, 1), let third = next(at, 2) else { return false }
      return second == 0x80 && ((0x80...0x8D).contains(third) || third == 0xAF)
        || second == 0x81 && (third == 0x9F || third == 0xA0)
    }
  }
}
