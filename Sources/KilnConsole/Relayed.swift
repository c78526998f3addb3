import KilnDocuments

/// Text of a log, or of another program, as a part of a line of ours.
package enum Relayed {
  /// One line without ANSI sequences, in which nothing controls a terminal or a CI system.
  package static func safe(_ text: String) -> String {
    ConsoleText.safe(line: String(decoding: TerminalText.plain(Array(text.utf8)[...]), as: UTF8.self))
  }

  /// Whether a CI system would take a line of `text` for a command.
  package static func isCommand(_ text: String) -> Bool { ConsoleText.safe(text) != text && !hasControls(text) }

  /// Whether anything but line breaks controls a terminal in `text`.
  package static func hasControls(_ text: String) -> Bool {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.contains { ConsoleText.visible(String($0)) != $0 }
  }
}
