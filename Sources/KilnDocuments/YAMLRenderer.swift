/// Renders documents as YAML that every reader of 1.1 and 1.2 reads alike: block style, two spaces.
public struct YAMLRenderer: Sendable {
  private let header: [String]
  private let documentStart: Bool

  /// - Parameter header: Comment lines without `#`; line breaks in them become blanks.
  public init(header: [String] = [], documentStart: Bool = true) {
    self.header = header
    self.documentStart = documentStart
  }

  public func render(_ value: DocumentValue) -> String {
    var out = documentStart ? "---\n" : ""
    for line in header { out += "# " + line.substituting("\n", with: " ").substituting("\r", with: " ") + "\n" }
    switch value {
    case .map(let map) where !map.isEmpty: write(map, 0, &out)
    case .list(let items) where !items.isEmpty: write(items, 0, &out)
    default: out += inline(value, 0) + "\n"
    }
    return out
  }

  private func margin(_ level: Int) -> String { String(repeating: "  ", count: level) }

  private func write(_ map: DocumentMap, _ level: Int, isFirstInline: Bool = false, _ out: inout String) {
    for (index, pair) in map.pairs.enumerated() {
      if index > 0 || !isFirstInline { out += margin(level) }
      let key = scalar(pair.key)
      // A longer key must be explicit (YAML 1.2, 7.4.2).
      out += key.utf8.count > 1000 ? "? \(key)\n\(margin(level)):" : key + ":"
      writeBelow(pair.value, level, &out)
    }
  }

  private func writeBelow(_ value: DocumentValue, _ level: Int, _ out: inout String) {
    switch value {
    case .map(let map) where !map.isEmpty:
      out += "\n"
      write(map, level + 1, &out)
    case .list(let items) where !items.isEmpty:
      out += "\n"
      write(items, level + 1, &out)
    default: out += " " + inline(value, level + 1) + "\n"
    }
  }

  private func write(_ items: [DocumentValue], _ level: Int, _ out: inout String) {
    for item in items {
      out += margin(level) + "-"
      switch item {
      case .map(let map) where !map.isEmpty:
        out += " "
        write(map, level + 1, isFirstInline: true, &out)
      case .list(let items) where !items.isEmpty:
        out += "\n"
        write(items, level + 1, &out)
      default: out += " " + inline(item, level + 1) + "\n"
      }
    }
  }

  /// A scalar or an empty collection; block scalars are indented to `level`.
  private func inline(_ value: DocumentValue, _ level: Int) -> String {
    switch value {
    case .null: "null"
    case .bool(let bool): bool ? "true" : "false"
    case .integer(let integer): String(integer)
    case .decimal(let number): DocumentValue.text(number)
    case .string(let text): Self.isBlock(text) ? block(text, level) : scalar(text)
    case .unsafe(let text): "!unsafe " + (Self.isBlock(text) ? block(text, level) : JSONRenderer.quoted(text))
    case .list: "[]"
    case .map: "{}"
    }
  }

  private func scalar(_ text: String) -> String { Self.isPlain(text) ? text : JSONRenderer.quoted(text) }

  /// Whether every reader takes `text`, unquoted, for itself as a string.
  static func isPlain(_ text: String) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, let last = bytes.last, bytes.count <= 200 else { return false }
    let isLetter = (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first)
    guard isLetter || first == UInt8(ascii: "/") || first == UInt8(ascii: "_"), last != 0x20 else { return false }
    var before: UInt8 = 0
    for byte in bytes {
      if !plainBytes[Int(byte)] || byte == 0x20 && before == 0x20 { return false }
      before = byte
    }
    return bytes.count > 8 || !otherWords.contains(text.lowercased())
  }

  private static let plainBytes: [Bool] = {
    let inner = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-/+=@,()".utf8)
    return (0...255).map { inner.contains(UInt8($0)) }
  }()

  /// What some reader takes for something else than text.
  private static let otherWords: Set = [
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity",
  ]

  /// Several lines that a literal block carries unchanged and a person reads better that way.
  static func isBlock(_ text: String) -> Bool {
    guard text.hasSuffix("\n"), !text.hasSuffix("\n\n"), text.utf8.count > 1, text != "\n" else { return false }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    guard let first = lines.first, let start = first.first, start != " ", start != "\t" else { return false }
    return lines.allSatisfy { line in
      line.last != " " && line.unicodeScalars.allSatisfy { $0 == "\t" || (0x20..<0x7F).contains($0.value) }
        && line.last != "\t"
    }
  }

  private func block(_ text: String, _ level: Int) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    return "|\n" + lines.map { $0.isEmpty ? "" : margin(level) + $0 }.joined(separator: "\n")
  }
}
