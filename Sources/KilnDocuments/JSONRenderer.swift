/// Renders documents as JSON: two spaces, a newline at the end, non-ASCII as it is.
public struct JSONRenderer: Sendable {
  private let sortedKeys: Bool
  private let indent: Int

  /// - Parameter indent: Spaces a level; 0 for one line.
  public init(sortedKeys: Bool = false, indent: Int = 2) {
    self.sortedKeys = sortedKeys
    self.indent = indent
  }

  public func render(_ value: DocumentValue) -> String {
    var out = ""
    write(value, 0, &out)
    return out + "\n"
  }

  private func write(_ value: DocumentValue, _ level: Int, _ out: inout String) {
    switch value {
    case .null: out += "null"
    case .bool(let bool): out += bool ? "true" : "false"
    case .integer(let integer): out += String(integer)
    case .decimal(let number): out += DocumentValue.text(number)
    case .string(let text), .unsafe(let text): out += Self.quoted(text)
    case .list(let items):
      write(items, "[", "]", level, &out) { write($0, level + 1, &$1) }
    case .map(let map):
      write((sortedKeys ? map.sortedByKey : map).pairs, "{", "}", level, &out) { pair, out in
        out += Self.quoted(pair.key) + ": "
        write(pair.value, level + 1, &out)
      }
    }
  }

  private func write<T>(
    _ items: [T], _ open: String, _ close: String, _ level: Int, _ out: inout String, _ item: (T, inout String) -> Void
  ) {
    out += open
    for (index, value) in items.enumerated() {
      if index > 0 { out += indent == 0 ? ", " : "," }
      if indent > 0 { out += "\n" + String(repeating: " ", count: indent * (level + 1)) }
      item(value, &out)
    }
    if indent > 0, !items.isEmpty { out += "\n" + String(repeating: " ", count: indent * level) }
    out += close
  }

  /// `text` as a JSON string, which is a YAML double-quoted scalar as well.
  public static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
    if isPlain { return "\"" + text + "\"" }
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      default:
        // U+0085, U+2028 and U+2029 are line breaks in YAML; U+FEFF would be taken for a byte order mark.
        let mustEscape =
          scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
          || [0x2028, 0x2029, 0xFEFF].contains(scalar.value)
          || scalar.value & 0xFFFE == 0xFFFE && scalar.value <= 0xFFFF
        if mustEscape {
          let hex = String(scalar.value, radix: 16)
          out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        } else {
          out.unicodeScalars.append(scalar)
        }
      }
    }
    return out + "\""
  }
}
