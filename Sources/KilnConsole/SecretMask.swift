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
    texts = lines.filter { $0.count >= Self.minimum }.sorted { $0.count > $1.count }
  }

  package func masked(_ line: String) -> String { texts.reduce(line) { $0.replacing($1, with: "***") } }
}
