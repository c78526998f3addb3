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
  /// What leads from a repository's root to the folder that files are named from, as in `deploy/`: annotations name files
  /// from the repository's root.
  public let prefix: String
  private let sources: @Sendable (String) -> String?

  /// - Parameter sources: The text of a file by the name diagnostics give it, for excerpts.
  public init(
    format: Format = .text, color: Bool = false, prefix: String = "",
    sources: @escaping @Sendable (String) -> String? = { _ in nil }
  ) {
    self.format = format
    self.color = color
    self.prefix = prefix
    self.sources = sources
  }

  /// `diagnostics` in canonical order, each ending in a newline; empty for none, except that
  /// JSON is always one document: `{"diagnostics": [...], "schemaVersion": 1}`.
  ///
  /// Of a file with more than `DiagnosticSelection.limit` problems the rest is counted; JSON counts it in `omitted`.
  public func render(_ diagnostics: some Sequence<Diagnostic>) -> String {
    let files = DiagnosticSelection.files(of: diagnostics.inCanonicalOrder())
    switch format {
    case .text:
      var lines = SourceLines(sources)
      return rendered(files) { text($0, &lines) }
    case .github: return rendered(files, github)
    case .azurePipelines: return rendered(files, azure)
    case .json:
      let items = files.flatMap(\.shown).map { "    " + json($0) }.joined(separator: ",\n")
      let omitted = files.filter { $0.omitted > 0 }.map { "    " + json($0) }.joined(separator: ",\n")
      let list = { (items: String) in "[\(items.isEmpty ? "" : "\n" + items + "\n  ")]" }
      return "{\n  \"diagnostics\": \(list(items)),\n"
        + (omitted.isEmpty ? "" : "  \"omitted\": \(list(omitted)),\n") + "  \"schemaVersion\": 1\n}\n"
    }
  }

  /// The same for a terminal, which gets the colours as what they are.
  public func terminal(_ diagnostics: some Sequence<Diagnostic>) -> DiagnosticText {
    DiagnosticText(render(diagnostics), color: color)
  }

  /// The problems of each file, and behind them how many more it has.
  private func rendered(_ files: [DiagnosticSelection], _ render: (Diagnostic) -> String) -> String {
    var out = ""
    for file in files {
      for diagnostic in file.shown { out += render(diagnostic) }
      if let rest = file.rest { out += format == .text ? Self.visible(rest.message) + "\n" : render(rest) }
    }
    return out
  }

  private func text(_ diagnostic: Diagnostic, _ lines: inout SourceLines) -> String {
    let severity = diagnostic.severity.rawValue
    var out = diagnostic.location.map { paint("1", Self.visible($0.text)) + ": " } ?? ""
    out += paint(diagnostic.severity == .error ? "1;31" : "1;33", severity) + ": "
    out += paint("1", Self.visible(diagnostic.message)) + " [\(diagnostic.id)]\n"
    for line in diagnostic.details { out += "  \(Self.visible(line))\n" }
    out += excerpt(diagnostic.location, remark: diagnostic.suggestion, &lines)
    for note in diagnostic.notes {
      out += note.location.map { Self.visible($0.text) + ": " } ?? "  "
      out += "note: \(Self.visible(note.message))\n" + excerpt(note.location, remark: nil, &lines)
    }
    return out
  }

  private func excerpt(_ location: SourceLocation?, remark: String?, _ lines: inout SourceLines) -> String {
    let bare = remark.map(Self.help) ?? ""
    guard let location, let position = location.position,
      let line = lines.line(position.line, of: location.file),
      let place = SourceLines.index(of: position.column - 1, in: line)
    else { return bare }
    // A window around the place, so that a line of a megabyte stays readable.
    let start = position.column > 100 ? position.column - 41 : 0
    let first = SourceLines.index(of: start, in: line) ?? line.startIndex
    let end = SourceLines.index(of: 140, in: line[first...]) ?? line.endIndex
    let shown = (start > 0 ? "…" : "") + Self.visible(String(decoding: line[first..<end], as: UTF8.self))
    let before = Self.visible(String(decoding: line[first..<place], as: UTF8.self))
    let indent = before.unicodeScalars.count + (start > 0 ? 1 : 0)
    let behind = String(decoding: line[place..<max(place, end)], as: UTF8.self).unicodeScalars.count
    let length = min(location.length, max(1, behind))
    let number = String(position.line)
    let gutter = String(repeating: " ", count: number.count)
    let marker = "^" + String(repeating: "~", count: length - 1)
    var out = "  \(number) | \(shown)\n"
    out += "  \(gutter) | " + String(repeating: " ", count: indent) + paint("1;32", marker)
    if let remark { out += " " + Self.visible(remark) }
    return out + "\n"
  }

  /// A remedy on a line of its own.
  public static func help(_ text: String) -> String { "  = help: \(visible(text))\n" }

  /// Control characters made visible: a hostile file must not steer the reader's terminal.
  static func visible(_ text: String) -> String { ConsoleText.visible(text) }

  private func paint(_ code: String, _ text: String) -> String { color ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}
