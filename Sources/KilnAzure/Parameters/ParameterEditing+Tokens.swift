import KilnDiagnostics

extension ParameterEditing {
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
