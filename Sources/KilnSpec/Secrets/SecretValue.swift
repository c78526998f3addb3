import KilnDocuments

/// Whether a text holds a secret, whatever its name.
public enum SecretValue {
  /// What `text` holds, as in "a password in a URL", or nil.
  public static func match(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 8 else { return nil }
    if bytes.contains(UInt8(ascii: "@")), hasPasswordInURL(bytes) { return "a password in a URL" }
    let isLongEnough = bytes.count >= "-----BEGIN PRIVATE KEY-----".utf8.count
    if isLongEnough, text.contains("-----BEGIN "), text.contains("PRIVATE KEY-----") { return "a private key" }
    return hasToken(bytes) ? "an access token" : form(text, bytes)
  }

  /// How tokens of well-known services begin, and how long they are at least.
  private static let tokens = [
    ("ghp_", 40), ("gho_", 40), ("ghs_", 40), ("github_pat_", 50), ("glpat-", 26), ("xoxb-", 30), ("xoxp-", 30),
    ("AKIA", 20), ("sk_live_", 24), ("dckr_pat_", 30), ("npm_", 40),
  ].map { (prefix: Array($0.utf8), length: $1) }
  private static let shortest = tokens.map(\.length).min() ?? 0

  /// Whether a word of letters, digits, `_` and `-` ends in a token; most words are too short for any.
  private static func hasToken(_ bytes: [UInt8]) -> Bool {
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, isTokenByte(bytes[end]) { end += 1 }
      while end - start >= shortest {
        let isThere = tokens.contains { prefix, length in
          bytes[start] == prefix[0] && length <= end - start && bytes[start..<end].starts(with: prefix)
        }
        if isThere { return true }
        start += 1
      }
      start = end + 1
    }
    return false
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
  }

  /// `scheme://user:password@host`, the password written out.
  private static func hasPasswordInURL(_ bytes: [UInt8]) -> Bool {
    var at = 0
    while at + 3 < bytes.count {
      guard bytes[at] == UInt8(ascii: ":"), bytes[at + 1] == UInt8(ascii: "/"), bytes[at + 2] == UInt8(ascii: "/")
      else {
        at += 1
        continue
      }
      at += 3
      let start = at
      while at < bytes.count, bytes[at] > 0x20, !"/?#\"'".utf8.contains(bytes[at]) { at += 1 }
      let authority = bytes[start..<at]
      guard let end = authority.lastIndex(of: UInt8(ascii: "@")),
        let colon = authority[..<end].firstIndex(of: UInt8(ascii: ":")), colon + 1 < end
      else { continue }
      if !isReference(String(decoding: authority[(colon + 1)..<end], as: UTF8.self)) { return true }
    }
    return false
  }

  /// What a command or a cache's options give a secret's name: `PASSWORD=…`, `--token …`, `curl -u user:…`,
  /// `mysql -p…`; the name, or nil.
  public static func assignment(in command: String) -> String? {
    let words = command.split {
      $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "," || $0 == ";" || $0 == "&" || $0 == "|"
    }
    for (index, word) in words.enumerated() {
      let next = index + 1 < words.count ? words[index + 1] : ""
      if let equals = word.firstIndex(of: "=") {
        let name = unquoted(word[..<equals]).drop { $0 == "-" }
        if isName(name), SecretName.matchOption(String(name)), isWrittenOut(word[word.index(after: equals)...]) {
          return String(name)
        }
      } else if word.hasPrefix("--"), SecretName.matchOption(String(word.dropFirst(2))), !next.hasPrefix("-"),
        isWrittenOut(next)
      {
        return String(word)
      } else if word == "-u" || word == "--user", let colon = next.firstIndex(of: ":"), !next.hasPrefix("-"),
        isWrittenOut(next[next.index(after: colon)...]), words[..<index].contains(where: { $0.hasSuffix("curl") })
      {
        return "\(word)"
      } else if word.hasSuffix("Bearer"), next.count >= 16, isWrittenOut(next) {
        return "Bearer"
      }
    }
    if let scheme = authorization(in: command) { return scheme }
    return hasDatabasePassword(command) ? "-p" : nil
  }

  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
  }

  private static func unquoted(_ text: Substring) -> Substring { text.drop { $0 == "\"" || $0 == "'" } }

  static func isWrittenOut(_ value: Substring) -> Bool {
    let bare = String(unquoted(value).reversed().drop { $0 == "\"" || $0 == "'" || $0 == ")" }.reversed())
    // A token of the app's, which is replaced by something else.
    if bare.hasPrefix("__"), bare.hasSuffix("__") { return false }
    return !isReference(bare) && !isPlain(bare)
  }

  /// A variable, a command's output or a placeholder.
  public static func isReference(_ text: String) -> Bool {
    guard let first = text.first else { return true }
    return "$`<(%@{*".contains(first)
  }

  /// A switch: no secret whatever its name.
  static func isPlain(_ text: String) -> Bool {
    ["true", "false", "yes", "no", "on", "off", "0", "1", "none", "null"].contains(text.lowercased())
  }
}
