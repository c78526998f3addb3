/// Whether a name says that its value is a secret.
public enum SecretName {
  /// As BuildKit's rule SecretsUsedInArgOrEnv has it, by whole words between underscores.
  private static let words: Set<String> = [
    "apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token",
  ]
  /// Further words that only ever name the secret itself.
  private static let further: Set<String> = ["pass", "passphrase", "pwd", "pw", "secrets", "passcode"]
  /// Words that others are written together with, as in `ACCESSTOKEN`.
  private static let endings = [
    "password", "passwd", "passphrase", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey",
    "credential", "credentials", "dbpass", "dbpwd", "userpass", "userpwd", "requirepass", "masterauth",
  ]
  /// Words that make a name one of something beside the secret. BuildKit knows the first three.
  private static let harmless: Set<String> = ["public", "file", "version"]
  private static let beside: Set<String> = [
    "algorithm", "count", "digits", "enabled", "expiry", "field", "header", "id", "label", "length", "lifetime", "max",
    "method", "min", "mode", "name", "path", "plugin", "policy", "prefix", "size", "suffix", "timeout", "ttl", "type",
    "url",
  ]

  /// A variable's name: what BuildKit would warn of, and more.
  public static func match(_ name: String) -> Bool {
    guard mayMatch(name) else { return false }
    let plain = name.lowercased().split(separator: "_").map(String.init)
    if plain.contains(where: words.contains), !plain.contains(where: harmless.contains) { return true }
    return isSecret(name, besides: ["key", "auth"])
  }

  /// A parameter's, a setting's or an option's name, where `key` and `auth` have other meanings as well.
  public static func matchOption(_ name: String) -> Bool { isSecret(name, besides: ["key", "auth"]) }

  /// What every word above has one of, but "pat".
  private static let stems = ["key", "auth", "cred", "pass", "pw", "secret", "token", "pat"].map { Array($0.utf8) }

  /// Whether a name has any of the stems: fleets ask for each name of theirs, and few have one.
  private static func mayMatch(_ name: String) -> Bool {
    // Some letters are ASCII's in lower case.
    guard name.utf8.allSatisfy({ $0 < 0x80 }) else { return true }
    let bytes = name.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    return bytes.indices.contains { start in
      stems.contains { stem in
        bytes[start] == stem[0] && bytes.count - start >= stem.count && bytes[start..<start + stem.count] == stem[...]
      }
    }
  }

  private static func isSecret(_ name: String, besides ambiguous: Set<String>) -> Bool {
    guard mayMatch(name) else { return false }
    let parts = divided(name)
    if parts.contains(where: { harmless.contains($0) || beside.contains($0) }) { return false }
    // A personal access token, as in GITHUB_PAT.
    if parts.count > 1, parts.last == "pat" { return true }
    return parts.contains { part in
      !ambiguous.contains(part) && (words.contains(part) || further.contains(part))
        || endings.contains { part.hasSuffix($0) }
    } || zip(parts, parts.dropFirst()).contains { $0 == "api" && $1 == "key" || $0 == "private" && $1 == "key" }
      || zip(parts, parts.dropFirst()).contains {
        ["access", "secret", "encryption", "app"].contains($0) && $1 == "key"
      }
  }

  /// Words in lower case: `dbPassword`, `db-password` and `DB_PASSWORD` have the same two.
  static func divided(_ name: String) -> [String] {
    var parts: [String] = []
    var word = String.UnicodeScalarView()
    var isAfterLower = false
    func end() {
      if !word.isEmpty { parts.append(String(word).lowercased()) }
      word = String.UnicodeScalarView()
    }
    for scalar in name.unicodeScalars {
      let isUpper = ("A"..."Z").contains(scalar)
      let isLower = ("a"..."z").contains(scalar)
      let isDigit = ("0"..."9").contains(scalar)
      if isUpper && isAfterLower || !isUpper && !isLower && !isDigit { end() }
      if isUpper || isLower || isDigit { word.append(scalar) }
      isAfterLower = isLower || isDigit && !word.isEmpty && isAfterLower
    }
    end()
    return parts
  }
}
