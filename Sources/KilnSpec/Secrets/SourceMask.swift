import KilnDiagnostics
import KilnDocuments

/// A file's text as excerpts may show it: of what is hidden each character is a dot, so that every column stays.
enum SourceMask {
  static func masked(_ text: String, _ hidden: [SpecNode]) -> String {
    guard !hidden.isEmpty else { return text }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.unicodeScalars) }
    for node in hidden {
      guard let scalar = node.scalar, let place = node.location.position, place.line <= lines.count else { continue }
      let row = place.line - 1
      let start = place.column - 1
      let written = Array(scalar.text.unicodeScalars)
      if scalar.isPlain, lines[row][min(start, lines[row].count)...].starts(with: written) {
        hide(&lines[row], start..<(start + written.count))
        continue
      }
      if let end = closingQuote(lines[row], from: start) {
        hide(&lines[row], start..<end)
        continue
      }
      // Of several lines: its end is not known, so that the line's rest goes, and what is indented below it.
      let indent = lines[row].prefix { $0 == " " }.count
      hide(&lines[row], start..<lines[row].count)
      var next = row + 1
      while next < lines.count,
        lines[next].allSatisfy({ $0 == " " }) || lines[next].prefix(while: { $0 == " " }).count > indent
      {
        hide(&lines[next], 0..<lines[next].count)
        next += 1
      }
    }
    return lines.map { String(String.UnicodeScalarView($0)) }.joined(separator: "\n")
  }

  /// The index behind a quoted scalar that ends on its line.
  private static func closingQuote(_ line: [Unicode.Scalar], from start: Int) -> Int? {
    guard start < line.count, line[start] == "\"" || line[start] == "'" else { return nil }
    var index = start + 1
    while index < line.count {
      if line[index] == "\\", line[start] == "\"" {
        index += 1
      } else if line[index] == line[start] {
        guard line[start] == "'", index + 1 < line.count, line[index + 1] == "'" else { return index + 1 }
        index += 1
      }
      index += 1
    }
    return nil
  }

  /// The text of a file that cannot be read, by its lines alone: what stands behind the name of a secret.
  static func maskedByLine(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.unicodeScalars) }
    var secrets: Int?
    for row in lines.indices {
      let line = lines[row]
      let indent = line.prefix { $0 == " " }.count
      if indent == line.count { continue }
      if let outer = secrets, indent <= outer { secrets = nil }
      guard let colon = line.firstIndex(of: ":") else { continue }
      let name = String(String.UnicodeScalarView(line[indent..<colon].filter { !" -\"'{".unicodeScalars.contains($0) }))
      let rest = String(String.UnicodeScalarView(line[(colon + 1)...])).filter { $0 != " " }
      if name == "secrets", rest.isEmpty { secrets = indent }
      guard secrets.map({ indent > $0 }) ?? false || SecretName.match(name) else { continue }
      if rest.hasPrefix("{env:") || rest.hasPrefix("{keyVault:") || name == "env" { continue }
      hide(&lines[row], (colon + 1)..<line.count)
    }
    return lines.map { String(String.UnicodeScalarView($0)) }.joined(separator: "\n")
  }

  private static func hide(_ line: inout [Unicode.Scalar], _ range: Range<Int>) {
    for index in range.clamped(to: line.indices) where line[index] != " " && line[index] != "\r" { line[index] = "•" }
  }
}
