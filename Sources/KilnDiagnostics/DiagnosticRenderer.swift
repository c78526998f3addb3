import KilnDocuments

/// Renders diagnostics as a person or a CI system reads them.
public struct DiagnosticRenderer: Sendable {
  public enum Format: String, Sendable, CaseIterable {
    case text, json, github
    case azurePipelines = "azure-pipelines"
  }

  public let format: Format
  /// Whether `text` may use ANSI colours.
  public let color: Bool
  private let sources: @Sendable (String) -> String?

  /// - Parameter sources: The text of a file by the name diagnostics give it, for excerpts.
  public init(
    format: Format = .text, color: Bool = false, sources: @escaping @Sendable (String) -> String? = { _ in nil }
  ) {
    self.format = format
    self.color = color
    self.sources = sources
  }

  /// All `diagnostics` in canonical order, each ending in a newline; empty for none, except that
  /// JSON is always one document: `{"diagnostics": [...], "schemaVersion": 1}`.
  public func render(_ diagnostics: some Sequence<Diagnostic>) -> String {
    let ordered = diagnostics.inCanonicalOrder()
    switch format {
    case .text: return ordered.map(text).joined()
    case .github: return ordered.map(github).joined()
    case .azurePipelines: return ordered.map(azure).joined()
    case .json:
      let items = ordered.map { "    " + json($0) }.joined(separator: ",\n")
      return "{\n  \"diagnostics\": [\(items.isEmpty ? "" : "\n" + items + "\n  ")],\n  \"schemaVersion\": 1\n}\n"
    }
  }

  /// The same for a terminal, which gets the colours as what they are.
  public func terminal(_ diagnostics: some Sequence<Diagnostic>) -> DiagnosticText {
    DiagnosticText(render(diagnostics), color: color)
  }

  private func text(_ diagnostic: Diagnostic) -> String {
    let severity = diagnostic.severity.rawValue
    var out = diagnostic.location.map { paint("1", Self.visible($0.text)) + ": " } ?? ""
    out += paint(diagnostic.severity == .error ? "1;31" : "1;33", severity) + ": "
    out += paint("1", Self.visible(diagnostic.message)) + " [\(diagnostic.id)]\n"
    out += excerpt(diagnostic.location, remark: diagnostic.suggestion)
    for note in diagnostic.notes {
      out += note.location.map { Self.visible($0.text) + ": " } ?? "  "
      out += "note: \(Self.visible(note.message))\n" + excerpt(note.location, remark: nil)
    }
    return out
  }

  private func excerpt(_ location: SourceLocation?, remark: String?) -> String {
    let bare = remark.map { "  = help: \(Self.visible($0))\n" } ?? ""
    guard let location, let position = location.position, let source = sources(location.file),
      let line = Self.line(position.line, of: source)
    else { return bare }
    let scalars = Array(line.unicodeScalars)
    guard position.column <= scalars.count + 1 else { return bare }
    // A window around the place, so that a line of a megabyte stays readable.
    let start = position.column > 100 ? position.column - 41 : 0
    let window = scalars[start..<min(scalars.count, start + 140)]
    let shown = (start > 0 ? "…" : "") + Self.visible(String(String.UnicodeScalarView(window)))
    let before = scalars[start..<min(scalars.count, position.column - 1)]
    let indent = Self.visible(String(String.UnicodeScalarView(before))).unicodeScalars.count + (start > 0 ? 1 : 0)
    let length = min(location.length, max(1, window.endIndex - (position.column - 1)))
    let number = String(position.line)
    let gutter = String(repeating: " ", count: number.count)
    let marker = "^" + String(repeating: "~", count: length - 1)
    var out = "  \(number) | \(shown)\n"
    out += "  \(gutter) | " + String(repeating: " ", count: indent) + paint("1;32", marker)
    if let remark { out += " " + Self.visible(remark) }
    return out + "\n"
  }

  private static func line(_ number: Int, of source: String) -> String? {
    var seen = 1
    var current = String.UnicodeScalarView()
    for scalar in source.unicodeScalars {
      if scalar == "\n" {
        if seen == number { break }
        seen += 1
      } else if seen == number {
        current.append(scalar)
      }
    }
    guard seen == number else { return nil }
    if current.last == "\r" { current.removeLast() }
    return String(current)
  }

  /// Control characters made visible: a hostile file must not steer the reader's terminal.
  static func visible(_ text: String) -> String { ConsoleText.visible(text) }

  private func paint(_ code: String, _ text: String) -> String { color ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}
