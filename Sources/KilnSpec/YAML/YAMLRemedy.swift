import KilnDiagnostics

/// What libyaml says of a text, as what is wrong with which line and what to write instead.
struct YAMLRemedy {
  let file: String
  let text: String

  func diagnostic(_ error: YAMLSyntaxError) -> Diagnostic {
    guard let place = error.position else { return diagnostic(error.problem, SourceLocation(file: file)) }
    let line = line(place.line)
    let here = SourceLocation(file: file, position: place)
    let before = error.contextPosition.map { SourceLocation(file: file, position: $0) }
    let character = place.column <= line.count ? line[place.column - 1] : nil
    if character == "\t" {
      let tabs = line[(place.column - 1)...].prefix { $0 == "\t" }.count
      return diagnostic(
        "a tab indents this line", SourceLocation(file: file, position: place, length: tabs), "indent with spaces")
    }
    switch error.problem {
    case "mapping values are not allowed in this context": return colon(place, line)
    case "did not find expected key", "did not find expected '-' indicator": return indentation(place, before)
    case "could not find expected ':'":
      return noKey(before ?? here)
    case "found unexpected end of stream", "found unexpected document indicator":
      return diagnostic("this quote is never closed", before ?? here, "close it")
    case "did not find expected ',' or ']'", "did not find expected ',' or '}'":
      let bracket = error.problem.hasSuffix("']'") ? "]" : "}"
      return diagnostic(
        "a , or \(bracket) is missing", here, "close what is open; quote text with , : [ ] { or }",
        before.map { [.init("it begins here", at: $0)] } ?? [])
    case "did not find expected alphabetic or numeric character":
      return diagnostic("a value cannot begin with * or & here", before ?? here, "quote it")
    case "found character that cannot start any token":
      return diagnostic("a value cannot begin with \(character.map { "\($0)" } ?? "this")", here, "quote it")
    case "block sequence entries are not allowed in this context":
      return diagnostic(
        "a list cannot begin here", here, "begin it on a line of its own; quote text that begins with -")
    case "found unknown escape character":
      return diagnostic("there is no such escape", here, "write \\\\ for a backslash, or use single quotes")
    default: return diagnostic(error.problem, here)
    }
  }

  /// A colon that makes no key: a second one in a line, or one in a line that belongs to the value above.
  private func colon(_ place: SourcePosition, _ line: [Unicode.Scalar]) -> Diagnostic {
    let start = line.prefix { $0 == " " }.count
    let own = line.prefix(place.column - 1)
    let isSecond = own.indices.dropLast().contains { own[$0] == ":" && own[$0 + 1] == " " }
    var above = place.line - 1
    while above > 0, self.line(above).allSatisfy({ $0 == " " }) { above -= 1 }
    if isSecond || above == 0 {
      return diagnostic(
        "a second \": \" in this value", SourceLocation(file: file, position: place),
        "quote the value, or begin the map on a new line")
    }
    let before = self.line(above).prefix { $0 == " " }.count
    if before >= start { return noKey(SourceLocation(file: file, line: above, column: before + 1)) }
    return diagnostic(
      "this line is indented deeper than its neighbours",
      SourceLocation(file: file, line: place.line, column: start + 1),
      "begin it where the key above begins; what is below a key needs an empty value there")
  }

  private func noKey(_ location: SourceLocation) -> Diagnostic {
    diagnostic(
      "this line has no `key: value`", location, "write a blank behind the colon; quote a value of several lines")
  }

  private func indentation(_ place: SourcePosition, _ collection: SourceLocation?) -> Diagnostic {
    let first = collection?.position.map { "begin it in column \($0.column), as line \($0.line)" }
    return diagnostic(
      "the indentation of this line does not match its neighbours", SourceLocation(file: file, position: place),
      "\(first ?? "begin it where the key above begins"); quote a value of several lines")
  }

  private func diagnostic(
    _ problem: String, _ location: SourceLocation, _ suggestion: String? = nil, _ notes: [Diagnostic.Note] = []
  ) -> Diagnostic {
    Diagnostic("spec.syntax", "not YAML: \(problem)", at: location, suggestion: suggestion, notes: notes)
  }

  private func line(_ number: Int) -> [Unicode.Scalar] {
    let lines = text.utf8.split(separator: 0x0A, maxSplits: number, omittingEmptySubsequences: false)
    guard number <= lines.count else { return [] }
    return Array(String(decoding: lines[number - 1], as: UTF8.self).unicodeScalars)
  }
}
