import KilnDiagnostics
import KilnDocuments
import KilnPacker

extension ParameterEditing {
  /// What is set in one file: more is nobody's.
  static let entryLimit = 1000

  mutating func isFew(_ count: Int, _ what: String, _ id: String) -> Bool {
    if count <= Self.entryLimit { return true }
    problems.append(
      Diagnostic(
        id, "\(count) \(what) are set at once", at: SourceLocation(file: file),
        suggestion: "at most \(Self.entryLimit)"))
    return false
  }

  /// Where several are looked for, each by its name.
  mutating func index(_ parameters: JSONCNode) {
    guard patch.parameters.count + patch.references.count > 8 else { return }
    byName = Dictionary(parameters.children.map { ($0.key.lowercased(), $0) }) { first, _ in first }
  }

  private func find(_ name: String, in parameters: JSONCNode) -> JSONCNode? {
    if let byName { return byName[name.lowercased()] }
    return parameters[name] ?? parameters.children.first { $0.hasKey(inAnyCase: name) }
  }

  /// The parameter of a name, in whatever case; reported where there is none.
  mutating func member(_ name: String, of parameters: JSONCNode) -> JSONCNode? {
    guard let member = find(name, in: parameters) else {
      unknown += 1
      if unknown > Self.duplicateLimit { return nil }
      let members = parameters.members
      let near = nearest(to: name, among: members.map(\.key)).map { "did you mean \"\($0)\"?" }
      report(
        "parameters.unknown", "there is no parameter \"\(name)\"",
        at: parameters.range.lowerBound..<parameters.range.lowerBound + 1,
        suggestion: near ?? "--add adds it; there are: \(Self.list(members.map(\.key)))")
      return nil
    }
    if member.key != name {
      report(
        "parameters.case", "the file writes \"\(member.key)\" for \"\(name)\"", at: member.keyRange,
        suggestion: "Azure takes them for one",
        severity: .warning)
    }
    return member
  }

  mutating func set(_ entry: ParameterPatch.Entry, in parameters: JSONCNode) {
    if entry.value.isSecret { holdsSecret = true }
    if patch.addsMissing, find(entry.name, in: parameters) == nil {
      return add(entry, to: parameters)
    }
    guard let member = member(entry.name, of: parameters) else { return }
    if let value = member["value"] { return replace(value, with: entry) }
    guard let reference = member["reference"] else {
      return report(
        "parameters.shape", "parameter \"\(member.key)\" has neither a value nor a reference", at: member.range)
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
        range: reference.keyRange.lowerBound..<reference.range.upperBound, replacement: head + json,
        shown: head + shown(json, entry), isSecret: entry.value.isSecret, isToken: false, name: entry.name))
  }

  mutating func set(_ reference: ParameterPatch.Reference, in parameters: JSONCNode) {
    guard let member = member(reference.name, of: parameters) else { return }
    guard let old = member["value"] ?? member["reference"] else {
      return report(
        "parameters.shape", "parameter \"\(member.key)\" has neither a value nor a reference", at: member.range)
    }
    if old.hasKey(Self.referenceKey), old["keyVault"]?["id"]?.text == reference.vault,
      old["secretName"]?.text == reference.secret, old["secretVersion"]?.text == reference.version
    {
      return
    }
    func quoted(_ text: String) -> [UInt8] { [UInt8(ascii: "\"")] + JSONCString.escaped(text) + [UInt8(ascii: "\"")] }
    // On lines of its own where the parameter's are.
    let layout = JSONCLayout(text)
    let isOneLine = !text[member.range].contains(0x0A)
    let indent = isOneLine ? [] : layout.newline + layout.indent(of: old.keyRange.lowerBound)
    let inner = isOneLine ? [] : indent + layout.unit
    let next = isOneLine ? [0x20] : inner
    var json = Array("\"reference\": {".utf8) + inner + Array("\"keyVault\": {".utf8)
    json += (isOneLine ? [] : inner + layout.unit) + Array("\"id\": ".utf8) + quoted(reference.vault) + inner
    json += Array("},".utf8) + next + Array("\"secretName\": ".utf8) + quoted(reference.secret)
    if let version = reference.version {
      json += Array(",".utf8) + next + Array("\"secretVersion\": ".utf8) + quoted(version)
    }
    json += indent + Array("}".utf8)
    edits.append(
      .init(
        range: old.keyRange.lowerBound..<old.range.upperBound, replacement: json, shown: json, isSecret: false,
        isToken: false, name: reference.name))
  }

  /// A few names, for a message.
  static func list(_ names: [String]) -> String {
    names.count > 20
      ? names.prefix(20).joined(separator: ", ") + " and \(names.count - 20) more" : names.joined(separator: ", ")
  }

  func shown(_ json: [UInt8], _ entry: ParameterPatch.Entry) -> [UInt8] {
    entry.value.isSecret || isSecure(entry.name) ? Array("\"***\"".utf8) : json
  }

  mutating func replace(_ old: JSONCNode, with entry: ParameterPatch.Entry) {
    if let kind = entry.value.artifactKind, let text = old.text {
      let isId = text.lowercased().hasPrefix("/subscriptions/")
      let isURI = text.lowercased().hasPrefix("http")
      if kind == .vhd && isId || kind.isAzureImage && isURI {
        return report(
          "parameters.artifact-kind",
          "\"\(entry.name)\" holds \(isId ? "an image's id" : "a VHD's URI"), not what a \(kind) is used by",
          at: old.range,
          suggestion: "a template that takes the one cannot take the other; choose another parameter or kind")
      }
    }
    guard let json = json(entry, like: old, at: old.range) else { return }
    if Array(text[old.range]) == json { return }
    edits.append(
      .init(
        range: old.range, replacement: json, shown: shown(json, entry), isSecret: entry.value.isSecret, isToken: false,
        name: entry.name))
  }

  /// The value in the type that the template says, else of what it replaces, else as JSON where it is JSON.
  mutating func json(_ entry: ParameterPatch.Entry, like old: JSONCNode?, at range: Range<Int>) -> [UInt8]? {
    let value = entry.value.text
    let asString = [UInt8(ascii: "\"")] + JSONCString.escaped(value) + [UInt8(ascii: "\"")]
    if entry.value.isStandIn { return asString }
    let parsed = try? JSONCParser.parse(Array(value.utf8))
    let declared = template?.type(of: entry.name)
    let wantsString: Bool
    switch (declared, old?.kind) {
    case (let type?, _): wantsString = type == "string" || type == "securestring"
    case (nil, .string?): wantsString = true
    case (nil, .null?), (nil, nil): wantsString = parsed == nil
    case (nil, _): wantsString = false
    }
    if wantsString {
      // A JSON string given as such is taken as one.
      if !entry.value.isSecret, let parsed, parsed.kind == .string, parsed.range == 0..<value.utf8.count {
        return Array(value.utf8)
      }
      return asString
    }
    let given = isSecure(entry.name) ? "***" : "\(entry.value)"
    guard let parsed else {
      let expected = declared ?? old?.description ?? "JSON"
      report("parameters.type", "\"\(entry.name)\" is \(expected), and \"\(given)\" is not", at: range)
      return nil
    }
    if declared == nil, let old, old.description != parsed.description {
      report(
        "parameters.type", "\"\(entry.name)\" is \(old.description), and \(given) is \(parsed.description)",
        at: range)
      return nil
    }
    return Array(value.utf8)
  }
}
