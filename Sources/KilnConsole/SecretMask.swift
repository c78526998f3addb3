import KilnDocuments

/// Hides secrets in what another program prints, as CI systems do.
package struct SecretMask: Sendable {
  /// Shorter texts are in every other line.
  private static let minimum = 4

  private let texts: [String]

  /// - Parameter values: A value of several lines is hidden line by line.
  package init(_ values: [String]) {
    // A shell drops blanks at the ends of a value that is not quoted.
    let lines = values.flatMap { $0.split(whereSeparator: \.isNewline) }.flatMap { line -> [String] in
      // Terminal sequences are gone before a line is printed.
      let plain = String(decoding: TerminalText.plain(Array(line.utf8)[...]), as: UTF8.self)
      return [String(line), line.trimmed, plain, plain.trimmed]
    }
    // The longest first: one value may be part of another.
    let escaped = (lines + values).flatMap(Self.escaped)
    texts = Set(lines + escaped).filter { $0.count >= Self.minimum }.sorted { ($1.count, $0) < ($0.count, $1) }
  }

  /// As programs print what they were given: in JSON, as Ansible does, once or twice, as Go writes that, and in a URL.
  private static func escaped(_ text: String) -> [String] {
    let json = inJSON(text)
    let go = [("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")].reduce(json) { $0.replacing($1.0, with: $1.1) }
    return [json, inJSON(json), go, inJSON(go), inURL(text)]
  }

  private static func inJSON(_ text: String) -> String { String(JSONRenderer.quoted(text).dropFirst().dropLast()) }

  private static func inURL(_ text: String) -> String {
    text.utf8.map { byte in
      let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      if isPlain || "-._~".utf8.contains(byte) { return String(UnicodeScalar(byte)) }
      let digits = String(byte, radix: 16, uppercase: true)
      return "%" + (digits.count < 2 ? "0" : "") + digits
    }.joined()
  }

  package func masked(_ line: String) -> String { texts.reduce(line) { $0.replacing($1, with: "***") } }
}
