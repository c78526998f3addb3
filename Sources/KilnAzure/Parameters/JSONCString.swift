#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A JSON string's text and where each piece of it stands.
struct JSONCString {
  /// UTF-8.
  private(set) var decoded: [UInt8] = []
  /// Empty when nothing is escaped: then a byte of `decoded` stands where it stands in the file.
  private var offsets: [Int] = []
  private let range: Range<Int>

  /// - Parameter range: A valid string with its quotes.
  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.range = range
    let inner = range.lowerBound + 1..<range.upperBound - 1
    guard bytes[inner].contains(UInt8(ascii: "\\")) else {
      decoded = Array(bytes[inner])
      return
    }
    var at = inner.lowerBound
    while at < inner.upperBound {
      let start = at
      let piece: [UInt8]
      if bytes[at] != UInt8(ascii: "\\") {
        piece = [bytes[at]]
        at += 1
      } else if bytes[at + 1] == UInt8(ascii: "u") {
        piece = Self.unicode(bytes, &at, end: inner.upperBound)
      } else {
        let escapes: [UInt8: UInt8] = [0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09]
        piece = [escapes[bytes[at + 1]] ?? bytes[at + 1]]
        at += 2
      }
      decoded += piece
      offsets += piece.map { _ in start }
    }
    offsets.append(inner.upperBound)
  }

  /// `\uXXXX`, a pair of them for a character beyond U+FFFF; a lone surrogate is U+FFFD.
  private static func unicode(_ bytes: [UInt8], _ at: inout Int, end: Int) -> [UInt8] {
    func unit(_ at: Int) -> UInt32? {
      guard at + 6 <= end, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") else { return nil }
      return bytes[at + 2..<at + 6].reduce(UInt32(0)) { $0 << 4 | (JSONCParser.hex($1) ?? 0) }
    }
    let first = unit(at) ?? 0xFFFD
    at += 6
    var value = first
    if (0xD800..<0xDC00).contains(first), let second = unit(at), (0xDC00..<0xE000).contains(second) {
      value = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
      at += 6
    }
    return Array(String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8)
  }

  var text: String { String(decoding: decoded, as: UTF8.self) }

  /// Where `decoded[piece]` stands in the file.
  private func rawRange(_ piece: Range<Int>) -> Range<Int> {
    if offsets.isEmpty { return range.lowerBound + 1 + piece.lowerBound..<range.lowerBound + 1 + piece.upperBound }
    return offsets[piece.lowerBound]..<offsets[piece.upperBound]
  }

  /// Where `text` stands in the file, each time it occurs.
  func occurrences(of text: [UInt8]) -> [Range<Int>] {
    guard !text.isEmpty, decoded.count >= text.count else { return [] }
    var found: [Range<Int>] = []
    var at = 0
    while at + text.count <= decoded.count {
      if decoded[at] == text[0], decoded[at..<at + text.count].elementsEqual(text) {
        found.append(rawRange(at..<at + text.count))
        at += text.count
      } else {
        at += 1
      }
    }
    return found
  }

  /// Where `text` stands in the string at `range`; one without escapes is searched where it stands.
  static func occurrences(of text: [UInt8], in bytes: [UInt8], _ range: Range<Int>, hasEscapes: Bool) -> [Range<Int>] {
    if hasEscapes { return JSONCString(bytes, range).occurrences(of: text) }
    return bytes.withUnsafeBytes { buffer in
      var found: [Range<Int>] = []
      guard let base = buffer.baseAddress, let first = text.first else { return found }
      var at = range.lowerBound + 1
      let last = range.upperBound - 1 - text.count
      while at <= last, let place = memchr(base + at, Int32(first), last + 1 - at) {
        let start = UnsafeRawPointer(place) - base
        let fits = memcmp(base + start, text, text.count) == 0
        if fits { found.append(start..<start + text.count) }
        at = fits ? start + text.count : start + 1
      }
      return found
    }
  }

  /// `text` as it stands inside a JSON string's quotes.
  static func escaped(_ text: String) -> [UInt8] {
    var out: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): out += Array("\\\"".utf8)
      case UInt8(ascii: "\\"): out += Array("\\\\".utf8)
      case 0x0A: out += Array("\\n".utf8)
      case 0x0D: out += Array("\\r".utf8)
      case 0x09: out += Array("\\t".utf8)
      case 0..<0x20, 0x7F:
        let digits = Array("0123456789abcdef".utf8)
        out += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: out.append(byte)
      }
    }
    return out
  }
}
