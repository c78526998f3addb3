/// Secrets that are known by the form around them.
extension SecretValue {
  /// What a text of one of the forms holds, or nil.
  static func form(_ text: String, _ bytes: [UInt8]) -> String? {
    if has("eyJ", in: bytes), hasWebToken(bytes) { return "an access token" }
    if let scheme = authorization(in: text) { return "an Authorization header (\(scheme))" }
    guard bytes.contains(UInt8(ascii: "=")) else { return nil }
    if hasSignature(text) { return "a signed URL" }
    return hasConnectionString(text) ? "a password in a connection string" : nil
  }

  private static func has(_ word: StaticString, in bytes: [UInt8]) -> Bool {
    word.withUTF8Buffer { word in
      guard bytes.count >= word.count else { return false }
      return (0...bytes.count - word.count).contains { start in
        bytes[start] == word[0] && bytes[start..<start + word.count].elementsEqual(word)
      }
    }
  }

  /// A JSON Web Token: three parts in base64url, the first two of them JSON objects.
  private static func hasWebToken(_ bytes: [UInt8]) -> Bool {
    bytes.split { byte in !isBase64URL(byte) && byte != UInt8(ascii: ".") }.contains { word in
      let parts = word.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      return parts.count == 3 && parts.prefix(2).allSatisfy { $0.count >= 10 && $0.starts(with: "eyJ".utf8) }
        && parts[2].count >= 16
    }
  }

  private static func isBase64URL(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
  }

  /// A shared access signature of Azure's: a query with `sig`, and `se` or `sv`.
  private static func hasSignature(_ text: String) -> Bool {
    guard text.contains("sig=") else { return false }
    return text.split(whereSeparator: { $0.isWhitespace || $0 == "\"" || $0 == "'" }).contains { word in
      let fields = word.split(whereSeparator: { $0 == "?" || $0 == "&" }).map {
        $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      }
      func value(_ name: String) -> Substring? { fields.first { $0[0] == name && $0.count == 2 }?[1] }
      guard let signature = value("sig"), value("se") != nil || value("sv") != nil else { return false }
      return signature.count >= 16 && isWrittenOut(signature)
    }
  }

  /// Keys of connection strings: Azure's, and those of databases, which are followed or preceded by others.
  private static let accountKeys: Set<String> = ["accountkey", "sharedaccesskey"]
  private static let passwordKeys: Set<String> = ["password", "pwd"]

  private static func hasConnectionString(_ text: String) -> Bool {
    let parts = text.split(separator: ";", omittingEmptySubsequences: false)
    return parts.contains { part in
      guard let equals = part.firstIndex(of: "=") else { return false }
      // What stands before the first key, as the name of the string or a quote, is no part of it.
      let key = part[..<equals].split(whereSeparator: { !$0.isLetter }).last?.lowercased() ?? ""
      let value = part[part.index(after: equals)...]
      let isWhole = !value.contains(where: \.isWhitespace) && value.contains { $0.isLetter || $0.isNumber }
      guard isWhole, isWrittenOut(value) else { return false }
      if accountKeys.contains(key) { return value.count >= 16 }
      return passwordKeys.contains(key) && parts.count > 1 && !part[..<equals].contains { "-$_".contains($0) }
    }
  }

  private static let databasePrograms: Set<String> = [
    "mysql", "mysqldump", "mysqladmin", "mysqlimport", "mariadb", "mariadb-dump", "mariadb-admin", "mariadb-import",
  ]

  /// Whether a command gives one of MySQL's programs a password as `-pPASSWORD`.
  static func hasDatabasePassword(_ command: String) -> Bool {
    command.replacing("\\\n", with: " ").split(whereSeparator: { ";&|\n".contains($0) }).contains { part in
      let words = part.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard let program = words.firstIndex(where: { databasePrograms.contains(programName($0)) }) else { return false }
      return words[(program + 1)...].contains { word in
        let plain = word.drop { $0 == "\"" || $0 == "'" }
        return plain.hasPrefix("-p") && plain.count > 2 && isWrittenOut(plain.dropFirst(2))
      }
    }
  }

  private static func programName(_ word: Substring) -> String {
    (word.split(separator: "/").last ?? "").filter { !"\"'(`$".contains($0) }
  }

  /// The scheme of `Authorization: Bearer …` that a command writes out, or nil.
  static func authorization(in command: String) -> String? {
    // The expression is made anew each time, and a spec may have a thousand commands.
    guard command.utf8.contains(UInt8(ascii: ":")),
      command.lowercased().utf8.firstRange(of: "authorization".utf8) != nil
    else { return nil }
    var rest = command[...]
    while let found = rest.firstRange(of: /authorization:\s*(Bearer|Basic|Token)(\s+|[_+]|%20)/.ignoresCase()) {
      let header = rest[found]
      rest = rest[found.upperBound...]
      let value = rest.prefix { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
      if value.count >= 4, isWrittenOut(value) {
        return ["Bearer", "Basic", "Token"].first { header.lowercased().contains($0.lowercased()) }
      }
    }
    return nil
  }
}
