import KilnDiagnostics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Finds `@@NAME@@` and `__NAME__`, the usual forms of tokens, by bytes.
///
/// A name is letters, digits, and `_`, `.`, `-`, `:` within it.
enum LeftTokens {
  /// Where the tokens stand, in order.
  static func find(in text: [UInt8]) -> [Range<Int>] {
    text.withUnsafeBytes { buffer in
      (find(UInt8(ascii: "@"), in: buffer) + find(UInt8(ascii: "_"), in: buffer)).sorted {
        $0.lowerBound < $1.lowerBound
      }
    }
  }

  private static func find(_ sign: UInt8, in bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
    guard let base = bytes.baseAddress else { return [] }
    var found: [Range<Int>] = []
    var at = 0
    while at + 5 <= bytes.count, let place = memchr(base + at, Int32(sign), bytes.count - at) {
      let start = UnsafeRawPointer(place) - base
      at = start + 1
      guard at < bytes.count, bytes[at] == sign else { continue }
      at += 1
      guard at < bytes.count, isLetterOrDigit(bytes[at]) else {
        at -= 1
        continue
      }
      while at < bytes.count, isName(bytes[at]), !isDouble(sign, bytes, at) { at += 1 }
      if isDouble(sign, bytes, at) {
        at += 2
        found.append(start..<at)
      }
    }
    return found
  }

  private static func isDouble(_ sign: UInt8, _ bytes: UnsafeRawBufferPointer, _ at: Int) -> Bool {
    at + 1 < bytes.count && bytes[at] == sign && bytes[at + 1] == sign
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  private static func isName(_ byte: UInt8) -> Bool { isLetterOrDigit(byte) || "_.-:".utf8.contains(byte) }
}

extension ParameterEditing {
  private static let limit = 90

  /// Says which tokens the strings will have still. A secret's own text is not looked at.
  mutating func reportLeftTokens() {
    /// Of a secure value nothing is repeated but a token that is all of it.
    func name(_ token: Range<Int>, of text: [UInt8], in string: Range<Int>, isSecure: Bool) -> String? {
      isSecure && token != string ? nil : Self.name(text[token])
    }
    var left: [(name: String?, range: Range<Int>)] = []
    for edit in edits where !edit.isSecret {
      let found = LeftTokens.find(in: edit.replacement)
      if found.isEmpty { continue }
      let isSecure = edit.isToken ? secure.contains(edit.range.lowerBound) : self.isSecure(edit.name)
      left += found.map { token in
        (name(token, of: edit.replacement, in: 1..<edit.replacement.count - 1, isSecure: isSecure), edit.range)
      }
    }
    var tokens = LeftTokens.find(in: text)[...]
    if !tokens.isEmpty {
      let changed = edits.map(\.range).filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
      var next = 0
      root.document.eachString { string, _ in
        while let token = tokens.first, token.lowerBound < string.upperBound {
          tokens.removeFirst()
          guard token.lowerBound >= string.lowerBound else { continue }
          while next < changed.count, changed[next].upperBound <= token.lowerBound { next += 1 }
          if next < changed.count, changed[next].overlaps(token) { continue }
          let isSecure = secure.contains(token.lowerBound)
          left.append(
            (name(token, of: text, in: string.lowerBound + 1..<string.upperBound - 1, isSecure: isSecure), token))
        }
      }
    }
    left.sort { $0.range.lowerBound < $1.range.lowerBound }
    for token in left.prefix(Self.limit) {
      report(
        "parameters.token-left",
        token.name.map { "the token \"\($0)\" is left in a string" } ?? "a token is left in a secure value",
        at: token.range, suggestion: "--token \(token.name ?? "TOKEN")=VALUE replaces it",
        severity: template == nil ? .warning : .error)
    }
    if left.count > Self.limit {
      report(
        "parameters.token-left", "\(left.count - Self.limit) more tokens are left", at: left[Self.limit].range,
        severity: template == nil ? .warning : .error)
    }
  }

  private static func name(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
