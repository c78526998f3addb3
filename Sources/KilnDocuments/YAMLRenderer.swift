/// Renders documents as YAML that every reader of 1.1 and 1.2 reads alike: block style, two spaces.
public struct YAMLRenderer: Sendable {
  private let header: [String]
  private let documentStart: Bool

  /// - Parameter header: Comment lines without `#`.
  public init(header: [String] = [], documentStart: Bool = true) {
    self.header = header
    self.documentStart = documentStart
  }

  public func render(_ value: DocumentValue) -> String {
    var out = TextBuffer()
    if documentStart { out.write("---\n") }
    for line in header {
      out.write("# ")
      out.write(CommentText.line(line))
      out.write("\n")
    }
    switch value {
    case .map(let map) where !map.isEmpty: write(map, 0, &out)
    case .list(let items) where !items.isEmpty: write(items, 0, &out)
    default: writeInline(value, 0, &out)
    }
    return out.text
  }

  private func margin(_ level: Int, _ out: inout TextBuffer) { out.blanks(2 * level) }

  private func write(_ map: DocumentMap, _ level: Int, isFirstInline: Bool = false, _ out: inout TextBuffer) {
    for (index, (key, value)) in map.pairs.enumerated() {
      if index > 0 || !isFirstInline { margin(level, &out) }
      // A longer key must be explicit (YAML 1.2, 7.4.2).
      let start = out.bytes.count
      writeScalar(key, &out)
      if out.bytes.count - start > 1000 {
        out.insert("? ", at: start)
        out.write("\n")
        margin(level, &out)
      }
      out.write(":")
      writeBelow(value, level, &out)
    }
  }

  private func writeBelow(_ value: DocumentValue, _ level: Int, _ out: inout TextBuffer) {
    switch value {
    case .map(let map) where !map.isEmpty:
      out.write("\n")
      write(map, level + 1, &out)
    case .list(let items) where !items.isEmpty:
      out.write("\n")
      write(items, level + 1, &out)
    default:
      out.write(" ")
      writeInline(value, level + 1, &out)
    }
  }

  private func write(_ items: [DocumentValue], _ level: Int, _ out: inout TextBuffer) {
    for item in items {
      margin(level, &out)
      switch item {
      case .map(let map) where !map.isEmpty:
        out.write("- ")
        write(map, level + 1, isFirstInline: true, &out)
      case .list(let items) where !items.isEmpty:
        out.write("-\n")
        write(items, level + 1, &out)
      default:
        out.write("- ")
        writeInline(item, level + 1, &out)
      }
    }
  }

  /// A scalar or an empty collection and the end of its line; block scalars are indented to `level`.
  private func writeInline(_ value: DocumentValue, _ level: Int, _ out: inout TextBuffer) {
    switch value {
    case .null: out.write("null")
    case .bool(let bool): bool ? out.write("true") : out.write("false")
    case .integer(let integer): out.write(integer)
    case .decimal(let number): out.write(DocumentValue.text(number))
    case .string(let text): Self.isBlock(text) ? writeBlock(text, level, &out) : writeScalar(text, &out)
    case .unsafe(let text):
      out.write("!unsafe ")
      Self.isBlock(text) ? writeBlock(text, level, &out) : out.quote(text)
    case .list: out.write("[]")
    case .map: out.write("{}")
    }
    out.write("\n")
  }

  private func writeScalar(_ text: String, _ out: inout TextBuffer) {
    Self.isPlain(text) ? out.write(text) : out.quote(text)
  }

  /// Whether every reader takes `text`, unquoted, for itself as a string.
  static func isPlain(_ text: String) -> Bool {
    let count = text.utf8.count
    guard (1...200).contains(count) else { return false }
    return text.withBytes { bytes in
      let first = bytes[0]
      let isLetter = (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first)
      guard isLetter || first == UInt8(ascii: "/") || first == UInt8(ascii: "_"), bytes[count - 1] != 0x20 else {
        return false
      }
      var before: UInt8 = 0
      for byte in bytes {
        if !plainBytes[Int(byte)] || byte == 0x20 && before == 0x20 { return false }
        before = byte
      }
      return count > 8 || !otherWords.contains(packed(bytes))
    }
  }

  private static let plainBytes: [Bool] = {
    let inner = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-/+=@,()".utf8)
    return (0...255).map { inner.contains(UInt8($0)) }
  }()

  /// What some reader takes for something else than text, whatever its case.
  private static let otherWords: Set<UInt64> = Set(
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"].map { $0.withBytes(packed) }
  )

  /// At most eight bytes as a number, capital letters as small ones.
  private static func packed(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1 | 0x20) }
  }

  /// Several lines that a literal block carries unchanged and a person reads better that way.
  static func isBlock(_ text: String) -> Bool {
    text.withBytes { bytes in
      let newline = UInt8(ascii: "\n")
      guard bytes.count > 1, bytes[bytes.count - 1] == newline, bytes[bytes.count - 2] != newline,
        !isBlank(bytes[0]), bytes[0] != newline
      else { return false }
      var before = newline
      for byte in bytes {
        guard byte == newline ? !isBlank(before) : byte == 0x09 || (0x20..<0x7F).contains(byte) else { return false }
        before = byte
      }
      return true
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// Ends before the last line's break.
  private func writeBlock(_ text: String, _ level: Int, _ out: inout TextBuffer) {
    out.write("|")
    text.withBytes { bytes in
      for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
        out.write("\n")
        if !line.isEmpty { margin(level, &out) }
        out.write(line)
      }
    }
  }
}
