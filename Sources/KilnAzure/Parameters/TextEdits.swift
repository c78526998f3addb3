/// Carries out edits that do not overlap.
enum TextEdits {
  static func apply(_ edits: [ParameterEditing.Edit], to text: [UInt8], _ bytes: (ParameterEditing.Edit) -> [UInt8])
    -> [UInt8]
  {
    var out: [UInt8] = []
    out.reserveCapacity(text.count + edits.reduce(0) { $0 + $1.replacement.count })
    var at = 0
    // Insertions at one place stay in the order in which they were made.
    for edit in edits.enumerated().sorted(by: {
      ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
    }).map(\.element) {
      out += text[at..<edit.range.lowerBound]
      out += bytes(edit)
      at = edit.range.upperBound
    }
    return out + text[at...]
  }
}
