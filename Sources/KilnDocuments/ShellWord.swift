/// POSIX shell quoting.
public enum ShellWord {
  /// `text` as one word that the shell reads unchanged; `text` has no NUL.
  public static func quote(_ text: String) -> String {
    let isSafe =
      !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || "@%_+:,./-".utf8.contains(byte)
      }
    return isSafe ? text : "'" + text.substituting("'", with: "'\\''") + "'"
  }

  public static func join(_ words: [String]) -> String { words.map(quote).joined(separator: " ") }
}
