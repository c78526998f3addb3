/// Diagnostics as a terminal gets them: text, and between it the colours of `DiagnosticRenderer`.
public struct DiagnosticText: Sendable, Equatable {
  public struct Part: Sendable, Equatable {
    public let text: String
    /// Whether it is one of the renderer's own colours, and no text.
    public let isColor: Bool
  }

  public let parts: [Part]

  /// What begins and ends a colour, each whole; any other escape character is text.
  static let colors = ["0", "1", "1;31", "1;32", "1;33"].map { "\u{1B}[\($0)m" }

  /// - Parameter rendered: With colours if `color` says so.
  init(_ rendered: String, color: Bool) {
    guard color else {
      parts = [Part(text: rendered, isColor: false)]
      return
    }
    var parts: [Part] = []
    var text = ""
    for (index, piece) in rendered.split(separator: "\u{1B}", omittingEmptySubsequences: false).enumerated() {
      let whole = index == 0 ? String(piece) : "\u{1B}\(piece)"
      guard index > 0, let color = Self.colors.first(where: whole.hasPrefix) else {
        text += whole
        continue
      }
      if !text.isEmpty { parts.append(Part(text: text, isColor: false)) }
      parts.append(Part(text: color, isColor: true))
      text = String(whole.dropFirst(color.count))
    }
    if !text.isEmpty { parts.append(Part(text: text, isColor: false)) }
    self.parts = parts
  }
}
