/// Carries out edits that do not overlap.
enum TextEdits {
  /// What replaces a range of the text.
  typealias Piece = (range: Range<Int>, bytes: [UInt8])

  static func apply(_ pieces: [Piece], to text: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(text.count + pieces.reduce(0) { $0 + $1.bytes.count })
    var at = 0
    // Insertions at one place stay in the order in which they were made.
    for piece in pieces.enumerated().sorted(by: {
      ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
    }).map(\.element) {
      out += text[at..<piece.range.lowerBound]
      out += piece.bytes
      at = piece.range.upperBound
    }
    return out + text[at...]
  }
}
