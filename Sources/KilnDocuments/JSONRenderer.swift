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
    var out = TextBuffer()
    write(value, 0, &out)
    out.write("\n")
    return out.text
  }

  private func write(_ value: DocumentValue, _ level: Int, _ out: inout TextBuffer) {
    switch value {
    case .null: out.write("null")
    case .bool(let bool): bool ? out.write("true") : out.write("false")
    case .integer(let integer): out.write(integer)
    case .decimal(let number): out.write(DocumentValue.text(number))
    case .string(let text), .unsafe(let text): out.quote(text)
    case .list(let items):
      out.write("[")
      for (index, item) in items.enumerated() {
        separate(index, level, &out)
        write(item, level + 1, &out)
      }
      end(items.isEmpty, level, &out)
      out.write("]")
    case .map(let map):
      out.write("{")
      for (index, (key, value)) in (sortedKeys ? map.sortedByKey : map).pairs.enumerated() {
        separate(index, level, &out)
        out.quote(key)
        out.write(": ")
        write(value, level + 1, &out)
      }
      end(map.isEmpty, level, &out)
      out.write("}")
    }
  }

  /// What stands before item number `index`.
  private func separate(_ index: Int, _ level: Int, _ out: inout TextBuffer) {
    if index > 0 { indent == 0 ? out.write(", ") : out.write(",") }
    guard indent > 0 else { return }
    out.write("\n")
    out.blanks(indent * (level + 1))
  }

  private func end(_ isEmpty: Bool, _ level: Int, _ out: inout TextBuffer) {
    guard indent > 0, !isEmpty else { return }
    out.write("\n")
    out.blanks(indent * level)
  }

  /// `text` as a JSON string, which is a YAML double-quoted scalar as well.
  public static func quoted(_ text: String) -> String {
    let isPlain = text.withBytes { $0.allSatisfy { plainBytes[Int($0)] } }
    return "\"" + (isPlain ? text : escaped(text)) + "\""
  }

  /// Bytes that stand for themselves between the quotes.
  static let plainBytes: [Bool] = (0...255).map { byte in
    (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// What stands between the quotes.
  static func escaped(_ text: String) -> String {
    var out = ""
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
    return out
  }
}
