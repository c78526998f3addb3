/// Text in a comment that ends where its line ends. Every renderer's comments and headers go through here.
public enum CommentText {
  /// `text` on one line: what any reader takes for the end of a line, and every other control character, is a blank.
  public static func line(_ text: String) -> String {
    if text.withBytes({ $0.allSatisfy { (0x20..<0x7F).contains($0) } }) { return text }
    var line = ""
    for scalar in text.unicodeScalars { line.unicodeScalars.append(isControl(scalar) ? " " : scalar) }
    return line
  }

  /// C0, C1, Unicode's own line ends, what turns the direction of text around, and the byte order mark.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }
}
