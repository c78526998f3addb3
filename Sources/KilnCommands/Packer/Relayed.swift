import KilnDocuments

/// Text from a log that goes to a CI system's log, where some lines are commands.
enum Relayed {
  /// One line without ANSI sequences, on which neither `##vso[` and `##[` (Azure Pipelines, GitHub) nor `::` (GitHub)
  /// begins a command.
  static func safe(_ text: String) -> String {
    let text = String(decoding: TerminalText.plain(Array(text.utf8)[...]), as: UTF8.self)
    let line = String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    let neutral = line.substituting("##vso[", with: "## vso[").substituting("##[", with: "## [")
    return beginsCommand(neutral) ? "·" + neutral : neutral
  }

  /// The same JSON with nothing in its strings that begins a command.
  static func safe(json: String) -> String {
    json.substituting("##vso[", with: "#\\u0023vso[").substituting("##[", with: "#\\u0023[")
  }

  /// Whether a CI system would take `text`, alone on its line, for a command.
  static func isCommand(_ text: String) -> Bool {
    beginsCommand(text) || text.utf8.firstRange(of: "##vso[".utf8) != nil || text.utf8.firstRange(of: "##[".utf8) != nil
  }

  /// As runners look: blanks of any kind before it do not count.
  private static func beginsCommand(_ text: String) -> Bool {
    let scalars = text.unicodeScalars.drop(while: \.properties.isWhitespace)
    return scalars.starts(with: "::".unicodeScalars)
  }
}
