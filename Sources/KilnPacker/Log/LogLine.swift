import KilnDocuments

/// A line of a log without what terminals and CI systems add to it.
enum LogLine {
  /// `bytes` without colours, carriage returns, timestamps and blanks around it; nil for a line of Packer's own debug log.
  ///
  /// All of it stands at the line's start, before Packer's prefix: what a build prints stays behind that.
  static func content(_ bytes: ArraySlice<UInt8>) -> String? {
    var text = TerminalText.plain(bytes)[...]
    trim(&text)
    var hasChanged = true
    while hasChanged {
      hasChanged = dropTimestamp(&text) || dropColumn(&text)
      if hasChanged { trim(&text) }
    }
    if isDebugLog(text) { return nil }
    return String(decoding: text, as: UTF8.self)
  }

  private static func trim(_ text: inout ArraySlice<UInt8>) {
    while let first = text.first, first == 0x20 || first == 0x09 { text.removeFirst() }
    while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { text.removeFirst(3) }
  }

  /// `2021-04-13T11:06:54.2078603Z `, in brackets or with a colon after it, or `[14:10:12] `, `14:10:12 `.
  private static func dropTimestamp(_ text: inout ArraySlice<UInt8>) -> Bool {
    var rest = text
    let isBracketed = rest.first == UInt8(ascii: "[")
    if isBracketed { rest.removeFirst() }
    let hasDate = skip("0000-00-00", &rest)
    if hasDate {
      guard let separator = rest.first, separator == UInt8(ascii: "T") || separator == 0x20 else { return false }
      rest.removeFirst()
    }
    guard skip("00:00:00", &rest) else { return false }
    if let point = rest.first, point == UInt8(ascii: ".") || point == UInt8(ascii: ",") {
      rest.removeFirst()
      while let digit = rest.first, isDigit(digit) { rest.removeFirst() }
    }
    if rest.first == UInt8(ascii: "Z") {
      rest.removeFirst()
    } else if !skip("+00:00", &rest), !skip("-00:00", &rest), !skip("+0000", &rest) {
      _ = skip("-0000", &rest)
    }
    if isBracketed {
      guard rest.first == UInt8(ascii: "]") else { return false }
      rest.removeFirst()
    } else if rest.first == UInt8(ascii: ":"), hasDate {
      rest.removeFirst()
    }
    guard rest.isEmpty || rest.first == 0x20 || rest.first == 0x09 else { return false }
    if hasDate { dropStream(&rest) }
    text = rest
    return true
  }

  /// GitLab's stream after its timestamp: ` 01O `. A plus in place of the last blank says that another line goes on, so that
  /// what follows is no line: `GitLabLines` puts those together.
  private static func dropStream(_ text: inout ArraySlice<UInt8>) {
    var rest = text.dropFirst()
    guard rest.count >= 3, isHex(rest[rest.startIndex]), isHex(rest[rest.startIndex + 1]),
      [UInt8(ascii: "O"), UInt8(ascii: "E")].contains(rest[rest.startIndex + 2])
    else { return }
    rest.removeFirst(3)
    guard rest.isEmpty || rest.first == 0x20 else { return }
    text = rest.dropFirst()
  }

  private static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte) }

  /// The `|` column that log viewers put before a line.
  private static func dropColumn(_ text: inout ArraySlice<UInt8>) -> Bool {
    guard text.first == UInt8(ascii: "|"), text.count > 1, text[text.startIndex + 1] == 0x20 else { return false }
    text.removeFirst(2)
    return true
  }

  /// `2016/02/06 08:53:07 …`: what PACKER_LOG adds, copies of the real lines among it.
  private static func isDebugLog(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    return skip("0000/00/00 00:00:00 ", &rest)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// Drops what fits `pattern`, where 0 stands for any digit.
  private static func skip(_ pattern: StaticString, _ text: inout ArraySlice<UInt8>) -> Bool {
    guard text.count >= pattern.utf8CodeUnitCount else { return false }
    let start = text.startIndex
    let fits = pattern.withUTF8Buffer { pattern in
      pattern.indices.allSatisfy { index in
        let byte = text[start + index]
        return pattern[index] == 0x30 ? isDigit(byte) : byte == pattern[index]
      }
    }
    if fits { text.removeFirst(pattern.utf8CodeUnitCount) }
    return fits
  }
}
