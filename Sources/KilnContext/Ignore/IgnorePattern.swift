/// One pattern, as BuildKit compiles it.
///
/// Source: moby/patternmatcher. Paths are relative, with `/` between components and no slash at the end.
struct IgnorePattern: Sendable {
  enum Form: Sendable, Equatable {
    case exact([UInt8])
    /// `X/**` without the stars: whatever begins so, but not `X`.
    case prefix([UInt8])
    /// `**X` without the stars; with a slash first, also the path without it.
    case suffix([UInt8])
    case expression(IgnoreExpression)
    /// Go refuses the expression, when it is first needed.
    case unusable(String)
  }

  /// Cleaned, without an exclamation mark.
  let text: [UInt8]
  let isException: Bool
  let form: Form
  /// What every path that matches begins and ends with: a quick refusal.
  let head: [UInt8]
  let tail: [UInt8]
  /// The longest of what stands between its stars, which every path that matches has somewhere; empty where nothing does.
  let inner: [UInt8]

  /// - Returns: nil for a pattern of blanks.
  init?(_ raw: [UInt8]) throws(IgnoreExpression.Failure) {
    var text = GoPath.trimmed(raw)
    if text.isEmpty { return nil }
    text = GoPath.clean(text)
    isException = text.first == UInt8(ascii: "!")
    if isException {
      text.removeFirst()
      if text.isEmpty { throw IgnoreExpression.Failure(message: "a lone ! excepts nothing") }
    }
    guard GoPath.isPattern(text) else { throw IgnoreExpression.Failure(message: "a [ or \\ is not closed") }
    self.text = text
    let (form, isPlain) = Self.form(of: text)
    self.form = form
    let special = text.firstIndex(where: Self.isSpecial) ?? text.count
    let last = text.lastIndex(where: Self.isSpecial).map { $0 + 1 } ?? 0
    if case .expression = form, isPlain {
      head = Array(text[..<special])
      // What `**/` became may match nothing, its slash with it.
      let ends = last < text.count && text[last] == UInt8(ascii: "/") ? last + 1 : last
      tail = Array(text[ends...])
      inner = Self.inner(text)
    } else {
      (head, tail, inner) = ([], [], [])
    }
  }

  /// A slash behind two stars goes with them where they match nothing.
  private static func inner(_ text: [UInt8]) -> [UInt8] {
    var longest: ArraySlice<UInt8> = []
    for piece in text.split(whereSeparator: isSpecial) {
      let isOptional = piece.first == UInt8(ascii: "/") && piece.startIndex > 0
      let sure = isOptional ? piece.dropFirst() : piece
      if sure.count > longest.count { longest = sure }
    }
    return Array(longest)
  }

  private static func isSpecial(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") }

  /// The form, and whether stars, question marks and ASCII are all there is to it.
  private static func form(of text: [UInt8]) -> (Form, isPlain: Bool) {
    let isPlain = !text.contains { $0 >= 0x80 || [0x5B, 0x5C, 0x5D, 0x5E].contains($0) }
    let stars = [UInt8(ascii: "*"), UInt8(ascii: "*")]
    // Backslashes and brackets need an expression; every other byte stands for itself.
    let isLiteral = { (bytes: ArraySlice<UInt8>) in
      !bytes.contains { isSpecial($0) || [0x5B, 0x5C, 0x5D].contains($0) }
    }
    if isLiteral(text[...]) { return (.exact(text), isPlain) }
    if text.starts(with: stars), isLiteral(text[2...]) { return (.suffix(Array(text[2...])), isPlain) }
    if text.suffix(2) == stars[...], isLiteral(text.dropLast(2)) { return (.prefix(Array(text.dropLast(2))), isPlain) }
    do throws(IgnoreExpression.Failure) {
      return (.expression(try IgnoreExpression(pattern: text)), isPlain)
    } catch {
      return (.unusable(error.message), isPlain)
    }
  }

  /// - Throws: What Go says of the pattern when it is first needed.
  func matches(_ path: IgnorePath) throws(IgnoreExpression.Failure) -> Bool {
    let bytes = path.bytes
    switch form {
    case .exact(let text): return bytes == text
    case .prefix(let prefix): return bytes.starts(with: prefix)
    case .suffix(let suffix):
      return Self.ends(bytes, suffix) || suffix.first == 0x2F && bytes[...] == suffix.dropFirst()
    case .expression(let expression):
      guard bytes.count >= max(head.count, tail.count), bytes.starts(with: head), Self.ends(bytes, tail),
        Self.contains(bytes, inner)
      else { return false }
      return expression.matches(path.scalars)
    case .unusable(let message): throw IgnoreExpression.Failure(message: message)
    }
  }

  private static func ends(_ bytes: [UInt8], _ tail: [UInt8]) -> Bool {
    bytes.count >= tail.count && bytes[(bytes.count - tail.count)...].elementsEqual(tail)
  }

  private static func contains(_ bytes: [UInt8], _ piece: [UInt8]) -> Bool {
    guard let first = piece.first else { return true }
    return bytes.withUnsafeBufferPointer { bytes in
      piece.withUnsafeBufferPointer { piece in
        guard bytes.count >= piece.count else { return false }
        search: for start in 0...(bytes.count - piece.count) where bytes[start] == first {
          for offset in 1..<max(1, piece.count) where bytes[start + offset] != piece[offset] { continue search }
          return true
        }
        return false
      }
    }
  }

  /// Whether a path inside `folder` (with a slash at its end) can match, though the folder does not.
  func canMatch(inside folder: [UInt8]) -> Bool {
    let literal: [UInt8]
    switch form {
    case .exact(let text): literal = text
    case .prefix(let prefix): literal = prefix
    case .expression where !head.isEmpty: literal = head
    case .suffix, .expression, .unusable: return true
    }
    return literal.starts(with: folder) || folder.starts(with: literal) && form != .exact(text)
  }
}

/// A path with what matching it needs.
struct IgnorePath: Sendable {
  let bytes: [UInt8]
  /// Few patterns come so far that they need it.
  var scalars: [UInt32] { bytes.contains { $0 >= 0x80 } ? IgnoreScalars.decode(bytes) : bytes.map(UInt32.init) }

  init(_ bytes: [UInt8]) { self.bytes = bytes }
}
