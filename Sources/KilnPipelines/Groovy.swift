/// Text in a Jenkinsfile, which is Groovy.
///
/// Source: groovy-lang.org, "Syntax", 4.4: in single quotes nothing is interpolated; a backslash begins an escape, and `\u` one
/// that is read before everything else, so that every character which is not plain is written as one of those.
public enum Groovy {
  /// `text` as one literal on one line.
  public static func quote(_ text: String) -> String { "'\(escaped(text, keepingLines: false))'" }

  /// `text`, which may have several lines, as a literal over as many.
  public static func script(_ text: String) -> String {
    text.utf8.contains(0x0A) ? "'''\\\n\(escaped(text, keepingLines: true))'''" : quote(text)
  }

  private static func escaped(_ text: String, keepingLines: Bool) -> String {
    var out = ""
    for unit in text.utf16 {
      switch unit {
      case 0x5C: out += "\\\\"
      case 0x27: out += "\\'"
      case 0x0A where keepingLines: out += "\n"
      case 0x0A: out += "\\n"
      case 0x09: out += "\\t"
      case 0x20..<0x7F: out.unicodeScalars.append(UnicodeScalar(UInt8(unit)))
      default:
        let digits = String(unit, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return out
  }
}
