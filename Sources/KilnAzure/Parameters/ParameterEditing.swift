import KilnDiagnostics
import KilnDocuments
import KilnPacker

/// The edits that a patch comes to in one file.
struct ParameterEditing {
  /// Bytes that replace a range of the file.
  struct Edit {
    let range: Range<Int>
    let replacement: [UInt8]
    /// The replacement with a secret as asterisks.
    let shown: [UInt8]
    let isSecret: Bool
    let isToken: Bool
    let name: String
  }

  let file: String
  let text: [UInt8]
  let root: JSONCNode
  let patch: ParameterPatch
  let template: DeploymentTemplate?
  var edits: [Edit] = []
  /// Whether the file has a secret in it once the edits are carried out, changed or not.
  var holdsSecret = false
  var problems: [Diagnostic] = []
  /// Where in the file the problems are.
  private(set) var places: [Int] = []
  private lazy var place = TextPlace(text)
  private(set) lazy var mask = ParameterMask(root, secure: secureParameters)
  /// Where keys stand a second time, beyond the first `duplicateLimit`.
  var moreDuplicates: (count: Int, first: Range<Int>)?
  var duplicates = 0
  /// Names that the file has not; those beyond the first `duplicateLimit` are not told.
  private var unknown = 0
  private var byName: [String: JSONCNode]?
  /// Bytes that tokens' values have more than the tokens, so far.
  var growth = 0
  var isGrownTooFar = false
  /// With the line that counts the rest, what is shown of a file.
  static let duplicateLimit = 99

  /// - Parameter root: Of the document that `file` holds.
  init(file: String, root: JSONCNode, patch: ParameterPatch, template: DeploymentTemplate?) {
    self.file = file
    self.text = root.document.text
    self.root = root
    self.patch = patch
    self.template = template
  }

  mutating func run() {
    let found = root.kind == .object ? root.children.filter { $0.hasKey(Array("parameters".utf8)) } : []
    guard let parameters = found.first, parameters.kind == .object else {
      return report(
        "parameters.shape", "the file has no \"parameters\" object",
        at: root.range.lowerBound..<root.range.lowerBound + 1)
    }
    for second in found.dropFirst() { reportTwice(parameters, second, "\"parameters\"") }
    reportDoubled(parameters)
    if let more = moreDuplicates {
      report("parameters.duplicate", "\(more.count) more keys are given twice", at: more.first)
    }
    if isFew(patch.parameters.count + patch.references.count, "parameters", "parameters.unknown") {
      index(parameters)
      for entry in patch.parameters { set(entry, in: parameters) }
      for reference in patch.references { set(reference, in: parameters) }
    }
    if areApart(patch.tokens) {
      for entry in patch.tokens { replace(entry) }
      reportOverlaps()
    }
    if let template, !problems.hasErrors { check(parameters, against: template) }
    if !problems.hasErrors { reportLeftTokens() }
  }

  /// The file with the edits carried out; `bytes` says which form of each.
  func applied(_ bytes: (Edit) -> [UInt8]) -> [UInt8] {
    TextEdits.apply(edits.map { ($0.range, bytes($0)) }, to: text)
  }

  /// Whether a parameter's values are shown nowhere: by the template, by its name, or since its value is a secret.
  func isSecure(_ name: String) -> Bool {
    template?.type(of: name)?.hasPrefix("secure") ?? false || SecretName.matchOption(name)
      || patch.parameters.contains { $0.value.isSecret && $0.name.lowercased() == name.lowercased() }
  }

  private var secureParameters: [Range<Int>] {
    guard root.kind == .object else { return [] }
    return root.children.filter { $0.hasKey(Array("parameters".utf8)) }.flatMap { parameters in
      parameters.children.filter { isSecure($0.key) }.map(\.range)
    }
  }

  mutating func report(
    _ id: String, _ message: String, at range: Range<Int>, suggestion: String? = nil,
    severity: Diagnostic.Severity = .error, notes: [Diagnostic.Note] = []
  ) {
    places.append(range.lowerBound)
    let location = place.location(range.lowerBound, in: file, length: min(range.count, 200))
    problems.append(Diagnostic(id, message, severity: severity, at: location, suggestion: suggestion, notes: notes))
  }

  /// Whether a duplicate is among the first; the others are counted.
  mutating func isShown(_ duplicate: JSONCNode) -> Bool {
    duplicates += 1
    if duplicates > Self.duplicateLimit {
      moreDuplicates = (duplicates - Self.duplicateLimit, moreDuplicates?.first ?? duplicate.keyRange)
    }
    return duplicates <= Self.duplicateLimit
  }

  mutating func reportTwice(_ first: JSONCNode, _ second: JSONCNode, _ what: String) {
    guard isShown(second) else { return }
    let note = Diagnostic.Note(
      "it is given here first",
      at: place.location(first.keyRange.lowerBound, in: file, length: first.keyRange.count))
    report(
      "parameters.duplicate", "\(what) is given twice", at: second.keyRange, suggestion: "remove one of the two",
      notes: [note])
  }

  mutating func reportDoubled(_ parameters: JSONCNode) {
    var seen: Set<UInt64> = []
    var doubled: Set<UInt64> = []
    for member in parameters.children {
      let hash = member.caseFoldedKeyHash
      if !seen.insert(hash).inserted { doubled.insert(hash) }
      reportTwoValues(member)
    }
    if doubled.isEmpty { return }
    var first: [String: JSONCNode] = [:]
    for member in parameters.children where doubled.contains(member.caseFoldedKeyHash) {
      if let earlier = first[member.key.lowercased()] {
        reportTwice(earlier, member, "the parameter \"\(member.key)\", whose case Azure ignores,")
      } else {
        first[member.key.lowercased()] = member
      }
    }
  }

  /// One of several values would be patched, and Azure might take the other.
  mutating func reportTwoValues(_ parameter: JSONCNode) {
    guard parameter.kind == .object else { return }
    var value: JSONCNode?
    var reference: JSONCNode?
    for member in parameter.children {
      if member.hasKey(Self.valueKey) {
        if let value { reportTwice(value, member, "the value of \"\(parameter.key)\"") }
        value = member
      } else if member.hasKey(Self.referenceKey) {
        if let reference { reportTwice(reference, member, "the reference of \"\(parameter.key)\"") }
        reference = member
      }
    }
    if let reference, value != nil, isShown(reference) {
      report(
        "parameters.duplicate", "parameter \"\(parameter.key)\" has a value and a reference", at: reference.keyRange,
        suggestion: "remove one of the two")
    }
  }

  static let valueKey = Array("value".utf8)
  static let referenceKey = Array("reference".utf8)

  /// Checks what the file will be.
  mutating func check(_ parameters: JSONCNode, against template: DeploymentTemplate) {
    guard let patched = try? JSONCParser.parse(applied { $0.replacement })["parameters"] else { return }
    var secrets = Set(parameters.children.map(\.key).filter(isSecure).map { $0.lowercased() })
    for edit in edits where !edit.isToken && isSecure(edit.name) { secrets.insert(edit.name.lowercased()) }
    for edit in edits where edit.isSecret {
      if !edit.isToken { secrets.insert(edit.name.lowercased()) }
      for member in parameters.children where member.range.overlaps(edit.range) {
        secrets.insert(member.key.lowercased())
      }
    }
    var keys: [String: Range<Int>] = [:]
    for member in parameters.children { keys[member.key.lowercased()] = member.keyRange }
    for problem in template.problems(parameters: patched, patch: patch, secrets: secrets) {
      if let range = keys[problem.parameter.lowercased()] {
        report(problem.id, problem.message, at: range, suggestion: problem.suggestion)
      } else {
        problems.append(
          Diagnostic(
            problem.id, problem.message, at: SourceLocation(file: file), suggestion: problem.suggestion))
      }
    }
  }

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
  private mutating func index(_ parameters: JSONCNode) {
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
