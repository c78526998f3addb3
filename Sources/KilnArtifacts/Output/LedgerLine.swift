/// A line of the ledger as Kiln writes it: `    "PATH": {"executable": false, "sha256": "…", "source": "…"}`.
///
/// Nothing else on the line, no escapes; other texts are for the decoder.
struct LedgerLine {
  let path: Range<Int>
  let sha256: Range<Int>
  let source: Range<Int>
  let isExecutable: Bool

  private static let start: StaticString = "    \""
  private static let executable: StaticString = "\": {\"executable\": "
  private static let digest: StaticString = ", \"sha256\": \""
  private static let from: StaticString = "\", \"source\": \""

  /// Takes the line at `place`, and the `,\n` after it. Nil when it is any other text.
  init?(_ bytes: UnsafeBufferPointer<UInt8>, _ place: inout Int) {
    var at = place
    func take(_ text: StaticString) -> Bool {
      let count = text.utf8CodeUnitCount
      guard bytes.count - at >= count else { return false }
      for index in 0..<count where bytes[at + index] != text.utf8Start[index] { return false }
      at += count
      return true
    }
    /// As far as the next quote; whether all of it is ASCII.
    func text() -> (range: Range<Int>, isPlain: Bool)? {
      let start = at
      var high: UInt8 = 0
      while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
        guard bytes[at] >= 0x20, bytes[at] != UInt8(ascii: "\\"), bytes[at] != 0x7F else { return nil }
        high |= bytes[at]
        at += 1
      }
      return at < bytes.count ? (start..<at, high < 0x80) : nil
    }
    guard take(Self.start), let path = text(), RelativePath.isValid(bytes[path.range]), take(Self.executable) else {
      return nil
    }
    isExecutable = take("true")
    guard isExecutable || take("false"), take(Self.digest), bytes.count - at > 64 else { return nil }
    sha256 = at..<at + 64
    at += 64
    guard Self.isDigest(bytes[sha256]), take(Self.from), let source = text(), take("\"}") else { return nil }
    if at < bytes.count { guard take(",\n"), at < bytes.count else { return nil } }
    if !path.isPlain { guard String(validating: bytes[path.range], as: UTF8.self) != nil else { return nil } }
    if !source.isPlain {
      guard let text = String(validating: bytes[source.range], as: UTF8.self), Self.isSource(text) else { return nil }
    }
    self.path = path.range
    self.source = source.range
    place = at
  }

  /// Whether `text` may be shown as where a file comes from: it controls no terminal and ends no line.
  static func isSource(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy {
      switch $0.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: false
      default: true
      }
    }
  }

  /// Whether `text` is lower-case hexadecimal digits, `count` of them.
  static func isDigest(_ text: some Sequence<UInt8>, count: Int = 64) -> Bool {
    var length = 0
    for byte in text {
      guard 0x30...0x39 ~= byte || 0x61...0x66 ~= byte else { return false }
      length += 1
    }
    return length == count
  }
}
