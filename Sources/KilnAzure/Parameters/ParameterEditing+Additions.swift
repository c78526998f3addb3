import KilnDiagnostics
import KilnPacker

extension ParameterEditing {
  /// Adds a member after the last, indented as it is.
  mutating func add(_ entry: ParameterPatch.Entry, to parameters: JSONCNode) {
    guard let json = json(entry, like: nil, at: parameters.range) else { return }
    let layout = JSONCLayout(text)
    let members = parameters.members
    let indent =
      members.last.map { layout.indent(of: $0.keyRange.lowerBound) } ?? layout.indent(of: parameters.range.lowerBound)
      + layout.unit
    let key = [UInt8(ascii: "\"")] + JSONCString.escaped(entry.name) + [UInt8(ascii: "\"")]
    func member(_ value: [UInt8]) -> [UInt8] {
      layout.newline + indent + key + Array(": {".utf8) + layout.newline + indent + layout.unit
        + Array("\"value\": ".utf8) + value
        + layout.newline + indent + [UInt8(ascii: "}")]
    }
    let close = parameters.range.upperBound - 1
    let end = layout.endOfContent(before: close)
    let isFirst = members.isEmpty && !edits.contains { $0.range == end..<end }
    var tail: [UInt8] = []
    if let last = members.last {
      if !layout.hasComma(between: last.range.upperBound, and: close),
        !edits.contains(where: { $0.range.isEmpty && $0.range.lowerBound == last.range.upperBound })
      {
        let at = last.range.upperBound
        edits.append(
          .init(
            range: at..<at, replacement: [UInt8(ascii: ",")], shown: [UInt8(ascii: ",")], isSecret: false,
            isToken: false, name: entry.name))
      } else if edits.contains(where: { $0.range == end..<end }) {
        tail = [UInt8(ascii: ",")]
      }
    } else if !isFirst {
      tail = [UInt8(ascii: ",")]
    }
    let closing =
      members.isEmpty && isFirst && end == parameters.range.lowerBound + 1 && close == end
      ? layout.newline + layout.indent(of: parameters.range.lowerBound) : []
    edits.append(
      .init(
        range: end..<end, replacement: tail + member(json) + closing,
        shown: tail + member(shown(json, entry)) + closing, isSecret: entry.value.isSecret,
        isToken: false, name: entry.name))
  }
}
