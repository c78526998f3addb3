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
  /// Where secure parameters stand. Looked for only where something is shown: a file may have half a million.
  private(set) lazy var secure = secureParameters
  private(set) lazy var mask = ParameterMask(root, secure: secure)
  /// Where keys stand a second time, beyond the first `duplicateLimit`.
  var moreDuplicates: (count: Int, first: Range<Int>)?
  var duplicates = 0
  /// Names that the file has not; those beyond the first `duplicateLimit` are not told.
  var unknown = 0
  var byName: [String: JSONCNode]?
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
}
