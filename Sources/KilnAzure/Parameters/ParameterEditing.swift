import KilnDiagnostics

/// The edits that a patch comes to in one file.
struct ParameterEditing {
  /// Bytes that replace a range of the file.
  struct Edit {
    let range: Range<Int>
    let replacement: [UInt8]
    /// The replacement with a secret as asterisks.
    let shown: [UInt8]
    let isSecret: Bool
    let name: String
  }

  let file: String
  let text: [UInt8]
  let root: JSONCNode
  let patch: ParameterPatch
  let template: DeploymentTemplate?
  private(set) var edits: [Edit] = []
  var problems: [Diagnostic] = []

  init(file: String, text: [UInt8], root: JSONCNode, patch: ParameterPatch, template: DeploymentTemplate?) {
    self.file = file
    self.text = text
    self.root = root
    self.patch = patch
    self.template = template
  }

  mutating func run() {
    guard let parameters = root["parameters"], let members = parameters.members else {
      return report(
        "parameters.shape", "the file has no \"parameters\" object",
        at: root.range.lowerBound..<root.range.lowerBound + 1)
    }
    reportDoubled(members)
    for entry in patch.parameters { set(entry, in: parameters) }
    for entry in patch.tokens { replace(entry) }
    reportOverlaps()
    if let template, !problems.hasErrors {
      problems += template.problems(file: file, members: members, text: text, patch: patch)
    }
  }

  /// The file with the edits carried out; `bytes` says which form of each.
  func applied(_ bytes: (Edit) -> [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var at = 0
    for edit in edits.enumerated().sorted(by: {
      ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
    }).map(\.element) {
      out += text[at..<edit.range.lowerBound]
      out += bytes(edit)
      at = edit.range.upperBound
    }
    return out + text[at...]
  }

  /// The file as it is, with what a secret replaces as asterisks.
  var shownBefore: [UInt8] {
    applied { edit in
      edit.isSecret && !edit.range.isEmpty && !isToken(edit) ? Array("\"*** (was)\"".utf8) : Array(text[edit.range])
    }
  }

  private func isToken(_ edit: Edit) -> Bool { patch.tokens.contains { $0.name == edit.name } }

  mutating func report(
    _ id: String, _ message: String, at range: Range<Int>, suggestion: String? = nil,
    severity: Diagnostic.Severity = .error
  ) {
    let place = TextPlace(text).location(range.lowerBound, in: file, length: min(range.count, 200))
    problems.append(Diagnostic(id, message, severity: severity, at: place, suggestion: suggestion))
  }

  private mutating func reportDoubled(_ members: [JSONCNode.Member]) {
    var seen: [String: JSONCNode.Member] = [:]
    for member in members {
      if let first = seen[member.key.lowercased()] {
        let note = Diagnostic.Note(
          "it stands here first",
          at: TextPlace(text).location(first.keyRange.lowerBound, in: file, length: first.keyRange.count))
        let place = TextPlace(text).location(member.keyRange.lowerBound, in: file, length: member.keyRange.count)
        problems.append(
          Diagnostic(
            "parameters.duplicate", "parameter \"\(member.key)\" stands twice; Azure does not tell them apart",
            at: place,
            suggestion: "remove one of the two", notes: [note]))
      } else {
        seen[member.key.lowercased()] = member
      }
    }
  }

  private mutating func set(_ entry: ParameterPatch.Entry, in parameters: JSONCNode) {
    let members = parameters.members ?? []
    guard let member = members.first(where: { $0.key == entry.name }) ?? parameters.members(named: entry.name).first
    else {
      if patch.addsMissing { return add(entry, to: parameters) }
      let near = nearest(to: entry.name, among: members.map(\.key)).map { "did you mean \"\($0)\"?" }
      return report(
        "parameters.unknown", "there is no parameter \"\(entry.name)\"",
        at: parameters.range.lowerBound..<parameters.range.lowerBound + 1,
        suggestion: near ?? "--add adds it; there are: \(members.map(\.key).joined(separator: ", "))")
    }
    if member.key != entry.name {
      report(
        "parameters.case", "the file writes \"\(member.key)\" for \"\(entry.name)\"", at: member.keyRange,
        suggestion: "Azure takes them for one",
        severity: .warning)
    }
    if let value = member.value["value"] { return replace(value, with: entry) }
    guard let reference = member.value.members?.first(where: { $0.key == "reference" }) else {
      return report(
        "parameters.shape", "parameter \"\(member.key)\" has neither a value nor a reference", at: member.value.range)
    }
    guard patch.replacesReferences else {
      return report(
        "parameters.reference", "parameter \"\(member.key)\" is a reference to a key vault", at: reference.keyRange,
        suggestion: "--replace-reference makes it a value")
    }
    guard let json = json(entry, like: nil, at: reference.keyRange) else { return }
    let head = Array("\"value\": ".utf8)
    edits.append(
      .init(
        range: reference.keyRange.lowerBound..<reference.value.range.upperBound, replacement: head + json,
        shown: head + shown(json, entry), isSecret: entry.value.isSecret, name: entry.name))
  }

  private func shown(_ json: [UInt8], _ entry: ParameterPatch.Entry) -> [UInt8] {
    entry.value.isSecret ? Array("\"***\"".utf8) : json
  }

  private mutating func replace(_ old: JSONCNode, with entry: ParameterPatch.Entry) {
    if let kind = entry.value.artifactKind, case .string(let range) = old {
      let text = JSONCString(text, range).text
      let isId = text.lowercased().hasPrefix("/subscriptions/")
      let isURI = text.lowercased().hasPrefix("http")
      if kind == "vhd" && isId || (kind == "managed-image" || kind == "gallery-image") && isURI {
        return report(
          "parameters.artifact-kind",
          "\"\(entry.name)\" holds \(isId ? "an image's id" : "a VHD's URI"), not what a \(kind) is used by", at: range,
          suggestion: "a template that takes the one cannot take the other; choose another parameter or kind")
      }
    }
    guard let json = json(entry, like: old, at: old.range) else { return }
    if Array(text[old.range]) == json { return }
    edits.append(
      .init(
        range: old.range, replacement: json, shown: shown(json, entry), isSecret: entry.value.isSecret, name: entry.name
      ))
  }

  /// The value in the type that the template says, else of what it replaces, else as JSON where it is JSON.
  private mutating func json(_ entry: ParameterPatch.Entry, like old: JSONCNode?, at range: Range<Int>) -> [UInt8]? {
    let value = entry.value.text
    let asString = [UInt8(ascii: "\"")] + JSONCString.escaped(value) + [UInt8(ascii: "\"")]
    let parsed = try? JSONCParser.parse(Array(value.utf8))
    let declared = template?.type(of: entry.name)
    let wantsString: Bool
    switch (declared, old) {
    case (let type?, _): wantsString = type == "string" || type == "securestring"
    case (nil, .string?): wantsString = true
    case (nil, .number?), (nil, .bool?), (nil, .object?), (nil, .array?): wantsString = false
    case (nil, .null?), (nil, nil): wantsString = parsed == nil
    }
    if wantsString {
      // A JSON string given as such is taken as one.
      if !entry.value.isSecret, case .string? = parsed, value.hasPrefix("\""), value.hasSuffix("\"") {
        return Array(value.utf8)
      }
      return asString
    }
    guard let parsed else {
      let expected = declared ?? old?.kind ?? "JSON"
      report("parameters.type", "\"\(entry.name)\" is \(expected), and \(entry.value) is no JSON", at: range)
      return nil
    }
    if declared == nil, let old, old.kind != parsed.kind {
      report("parameters.type", "\"\(entry.name)\" is \(old.kind), and \(entry.value) is \(parsed.kind)", at: range)
      return nil
    }
    return Array(value.utf8)
  }

  /// Adds a member after the last, indented as it is.
  private mutating func add(_ entry: ParameterPatch.Entry, to parameters: JSONCNode) {
    guard let json = json(entry, like: nil, at: parameters.range) else { return }
    let layout = JSONCLayout(text)
    let members = parameters.members ?? []
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
      if !layout.hasComma(between: last.value.range.upperBound, and: close),
        !edits.contains(where: { $0.range.isEmpty && $0.range.lowerBound == last.value.range.upperBound })
      {
        let at = last.value.range.upperBound
        edits.append(
          .init(
            range: at..<at, replacement: [UInt8(ascii: ",")], shown: [UInt8(ascii: ",")], isSecret: false,
            name: entry.name))
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
        name: entry.name))
  }

  private mutating func replace(_ entry: ParameterPatch.Entry) {
    guard !entry.name.isEmpty else {
      problems.append(Diagnostic("parameters.token", "an empty token", suggestion: "TOKEN=VALUE"))
      return
    }
    let token = Array(entry.name.utf8)
    let replacement = JSONCString.escaped(entry.value.text)
    var found: [Edit] = []
    root.strings { range in
      for piece in JSONCString(text, range).occurrences(of: token) {
        let shown = entry.value.isSecret ? Array("***".utf8) : replacement
        found.append(
          .init(range: piece, replacement: replacement, shown: shown, isSecret: entry.value.isSecret, name: entry.name))
      }
    }
    if found.isEmpty {
      problems.append(
        Diagnostic(
          "parameters.token", "the token \"\(entry.name)\" stands in no string", at: SourceLocation(file: file),
          suggestion: "check its spelling; it may be replaced already"))
    }
    edits += found
  }

  private mutating func reportOverlaps() {
    let sorted = edits.filter { !$0.range.isEmpty }.sorted { $0.range.lowerBound < $1.range.lowerBound }
    for (first, second) in zip(sorted, sorted.dropFirst()) where first.range.upperBound > second.range.lowerBound {
      report(
        "parameters.overlap", "\"\(first.name)\" and \"\(second.name)\" change the same text", at: second.range,
        suggestion: "change it by one of them")
    }
  }
}
