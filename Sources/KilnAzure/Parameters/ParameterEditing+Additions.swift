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

  /// Whether no token is part of another, which is reported: of two that are, it is not known which was meant, and each of
  /// them may stand at every place of the text.
  mutating func areApart(_ tokens: [ParameterPatch.Entry]) -> Bool {
    guard isFew(tokens.count, "tokens", "parameters.token") else { return false }
    let sorted = tokens.map { (name: $0.name, bytes: Array($0.name.utf8)) }.sorted { $0.bytes.count < $1.bytes.count }
    var isApart = true
    for (index, short) in sorted.enumerated() where !short.bytes.isEmpty {
      guard let long = sorted[(index + 1)...].first(where: { $0.bytes.firstRange(of: short.bytes) != nil }) else {
        continue
      }
      isApart = false
      problems.append(
        Diagnostic(
          "parameters.overlap",
          short.name == long.name
            ? "the token \"\(short.name)\" is given twice" : "the token \"\(short.name)\" is part of \"\(long.name)\"",
          at: SourceLocation(file: file), suggestion: "give tokens of which none is in another, as in @@NAME@@"))
    }
    return isApart
  }

  mutating func replace(_ entry: ParameterPatch.Entry) {
    guard !entry.name.isEmpty else {
      problems.append(Diagnostic("parameters.token", "an empty token", suggestion: "TOKEN=VALUE"))
      return
    }
    if entry.value.isSecret { holdsSecret = true }
    let token = Array(entry.name.utf8)
    let replacement = JSONCString.escaped(entry.value.text)
    let shown = entry.value.isSecret ? Array("***".utf8) : replacement
    var found: [Edit] = []
    var count = 0
    root.document.eachString { range, hasEscapes in
      for piece in JSONCString.occurrences(of: token, in: text, range, hasEscapes: hasEscapes) {
        count += 1
        growth += max(0, replacement.count - token.count)
        if growth > Self.growthLimit { continue }
        found.append(
          .init(
            range: piece, replacement: replacement, shown: shown, isSecret: entry.value.isSecret, isToken: true,
            name: entry.name))
      }
    }
    if count == 0 {
      problems.append(
        Diagnostic(
          "parameters.token", "the token \"\(entry.name)\" was not found in any string", at: SourceLocation(file: file),
          suggestion: "check its spelling; it may already have been replaced"))
    }
    if growth > Self.growthLimit, !isGrownTooFar {
      isGrownTooFar = true
      problems.append(
        Diagnostic(
          "parameters.token",
          "the file would grow by more than \(Self.growthLimit >> 20) MiB: the token \"\(entry.name)\" is there \(count) times",
          at: SourceLocation(file: file), suggestion: "give a token that is there once, as @@NAME@@"))
    }
    edits += found
  }

  /// Bytes.
  private static let growthLimit = 16 << 20

  mutating func reportOverlaps() {
    let sorted = edits.filter { !$0.range.isEmpty }.sorted { $0.range.lowerBound < $1.range.lowerBound }
    var count = 0
    for (first, second) in zip(sorted, sorted.dropFirst()) where first.range.upperBound > second.range.lowerBound {
      count += 1
      // One place is enough to see it.
      if count > Self.duplicateLimit { break }
      report(
        "parameters.overlap", "\"\(first.name)\" and \"\(second.name)\" change the same text", at: second.range,
        suggestion: "change it by one of them")
    }
  }
}
