/// Go's functions on paths and patterns, on bytes: what BuildKit reads patterns with.
enum GoPath {
  private static let slash = UInt8(ascii: "/")
  private static let dot = UInt8(ascii: ".")

  /// `filepath.Clean` on Unix.
  static func clean(_ path: [UInt8]) -> [UInt8] {
    let isRooted = path.first == slash
    var kept: [ArraySlice<UInt8>] = []
    for part in path.split(separator: slash) where !part.elementsEqual([dot]) {
      if part.elementsEqual([dot, dot]) {
        if let last = kept.last, !last.elementsEqual([dot, dot]) {
          kept.removeLast()
        } else if !isRooted {
          kept.append(part)
        }
      } else {
        kept.append(part)
      }
    }
    let joined = Array(kept.joined(separator: [slash]))
    if isRooted { return [slash] + joined }
    return joined.isEmpty ? [dot] : joined
  }

  /// `strings.TrimSpace`: Unicode's blanks.
  static func trimmed(_ text: [UInt8]) -> [UInt8] {
    var rest = text[...]
    while let count = blank(atStartOf: rest) { rest.removeFirst(count) }
    while let count = blank(atEndOf: rest) { rest.removeLast(count) }
    return Array(rest)
  }

  private static let blanks: [[UInt8]] = {
    let values: [ClosedRange<UInt32>] = [
      0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
      0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
    ]
    return values.joined().compactMap { Unicode.Scalar($0) }.map { Array(String(Character($0)).utf8) }
  }()

  private static func blank(atStartOf text: ArraySlice<UInt8>) -> Int? { blanks.first { text.starts(with: $0) }?.count }

  private static func blank(atEndOf text: ArraySlice<UInt8>) -> Int? {
    blanks.first { text.suffix($0.count).elementsEqual($0) }?.count
  }

  /// Whether `filepath.Match(pattern, ".")` reports no bad pattern, which is how BuildKit checks one.
  ///
  /// It is more lenient than the expression that comes after it, and looks no further than where "." fails to match: a
  /// piece between stars is checked whole, and the next one only when this one matched.
  static func isPattern(_ pattern: [UInt8]) -> Bool {
    var rest = pattern[...]
    var name: [UInt8] = [dot]
    while !rest.isEmpty {
      let (hasStar, piece) = nextPiece(&rest)
      if hasStar, piece.isEmpty { return true }
      switch match(piece, name) {
      case .bad: return false
      case .match(let left) where left.isEmpty || !rest.isEmpty: name = left
      case .match, .mismatch:
        guard hasStar, name == [dot], case .match = match(piece, []) else { return true }
        name = []
      }
    }
    return true
  }

  private enum PieceMatch {
    case bad, mismatch
    case match(rest: [UInt8])
  }

  /// Takes the stars and what stands before the next star from the pattern.
  private static func nextPiece(_ pattern: inout ArraySlice<UInt8>) -> (hasStar: Bool, piece: ArraySlice<UInt8>) {
    let start = pattern.firstIndex { $0 != UInt8(ascii: "*") } ?? pattern.endIndex
    let hasStar = start > pattern.startIndex
    var isInClass = false
    var at = start
    while at < pattern.endIndex {
      if pattern[at] == UInt8(ascii: "\\") {
        at += at + 1 < pattern.endIndex ? 1 : 0
      } else if pattern[at] == UInt8(ascii: "[") {
        isInClass = true
      } else if pattern[at] == UInt8(ascii: "]") {
        isInClass = false
      } else if pattern[at] == UInt8(ascii: "*"), !isInClass {
        break
      }
      at += 1
    }
    defer { pattern = pattern[at...] }
    return (hasStar, pattern[start..<at])
  }

  /// Matches a piece without stars against the beginning of `name`, which is `.` or nothing.
  private static func match(_ piece: ArraySlice<UInt8>, _ name: [UInt8]) -> PieceMatch {
    var name = name[...]
    var hasFailed = false
    var at = piece.startIndex
    while at < piece.endIndex {
      if name.isEmpty { hasFailed = true }
      switch piece[at] {
      case UInt8(ascii: "["):
        guard let (end, hasDot) = classEnd(Array(piece), at + 1 - piece.startIndex) else { return .bad }
        if !hasDot { hasFailed = true }
        at = piece.startIndex + end
      case UInt8(ascii: "?"): at += 1
      case UInt8(ascii: "\\"):
        at += 1
        guard at < piece.endIndex else { return .bad }
        if piece[at] != dot { hasFailed = true }
        at += 1
      default:
        if piece[at] != dot { hasFailed = true }
        at += 1
      }
      name = []
    }
    return hasFailed ? .mismatch : .match(rest: Array(name))
  }

  /// Behind the class that begins at `start`, after its bracket, and whether it has the dot; nil where it is none.
  private static func classEnd(_ pattern: [UInt8], _ start: Int) -> (end: Int, hasDot: Bool)? {
    var at = start
    let isNegated = at < pattern.count && pattern[at] == UInt8(ascii: "^")
    if isNegated { at += 1 }
    var hasDot = false
    var isEmpty = true
    while true {
      guard at < pattern.count else { return nil }
      if pattern[at] == UInt8(ascii: "]"), !isEmpty { return (at + 1, hasDot != isNegated) }
      guard let low = member(pattern, at) else { return nil }
      var high = low
      at = low.end
      if pattern[at] == UInt8(ascii: "-") {
        guard let second = member(pattern, at + 1) else { return nil }
        high = second
        at = second.end
      }
      if low.scalar <= 0x2E, 0x2E <= high.scalar { hasDot = true }
      isEmpty = false
    }
  }

  /// One character of a class, and what is behind it; something must follow.
  private static func member(_ pattern: [UInt8], _ start: Int) -> (scalar: UInt32, end: Int)? {
    var at = start
    guard at < pattern.count, pattern[at] != UInt8(ascii: "-"), pattern[at] != UInt8(ascii: "]") else { return nil }
    if pattern[at] == UInt8(ascii: "\\") {
      at += 1
      guard at < pattern.count else { return nil }
    }
    var decoder = UTF8.ForwardParser()
    var iterator = pattern[at...].makeIterator()
    guard case .valid(let encoded) = decoder.parseScalar(from: &iterator) else { return nil }
    at += encoded.count
    return at < pattern.count ? (UTF8.decode(encoded).value, at) : nil
  }
}
