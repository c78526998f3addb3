public import KilnDiagnostics
import KilnDocuments

/// Checks a tree against a shape and reports everything that does not fit.
public struct ShapeChecker: Sendable {
  /// A file that is merged with others need not have every key.
  let isPartial: Bool
  /// Keys that are there and empty, which is reported already, by the place of their map.
  let empty: [SourceLocation: Set<String>]
  /// What the file is merged with: values that are its own are not checked once more.
  private let profile: CheckedProfile?

  public init(isPartial: Bool = false) { self.init(isPartial: isPartial, empty: [:]) }

  init(isPartial: Bool = false, empty: [SourceLocation: Set<String>] = [:], profile: CheckedProfile? = nil) {
    self.isPartial = isPartial
    self.empty = empty
    self.profile = profile
  }

  public func problems(in node: SpecNode, _ shape: Shape) -> [Diagnostic] {
    var problems: [Diagnostic] = []
    if case .object(let object) = shape, let profile {
      checkObject(node, object, in: "the file", &problems) { profile.isFitting($0) }
    } else {
      check(node, shape, in: "the file", &problems)
    }
    return problems
  }

  private func check(_ node: SpecNode, _ shape: Shape, in place: String, _ problems: inout [Diagnostic]) {
    func refuse(_ expected: String, _ suggestion: String? = nil) {
      let message = "\(place) must be \(expected), not \(node.kind)"
      problems.append(Diagnostic("spec.wrong-type", message, at: node.location, suggestion: suggestion))
    }
    if isPartial && node.isNull { return }
    switch shape {
    case .anything: return
    case .text(let rule):
      guard let scalar = node.scalar, !node.isNull else { return refuse("text") }
      if node.boolean != nil || node.looksLikeNumber && rule.pattern == nil && rule.allowed.isEmpty {
        return refuse("text", "quote it: \"\(scalar.text)\"")
      }
      check(scalar.text, rule, at: node.location, in: place, &problems)
    case .version: checkVersion(node, in: place, &problems)
    case .integer(let range):
      guard let value = node.integer else {
        let number = node.scalar.flatMap { Int($0.text) }.map { "write it without quotes: \($0)" }
        let bounds = range.lowerBound == .min || range.upperBound == .max ? nil : range
        return refuse(
          "a whole number", number ?? bounds.map { "from \($0.lowerBound) to \($0.upperBound), as in \($0.lowerBound)" }
        )
      }
      if !range.contains(value) {
        problems.append(
          Diagnostic(
            "spec.invalid-value", "\(place) is \(value)", at: node.location,
            suggestion: range.count == 1
              ? "it is \(range.lowerBound)" : "a whole number from \(range.lowerBound) to \(range.upperBound)"))
      }
    case .number(let range):
      guard let value = node.decimal else { return refuse("a number") }
      if !range.contains(value) {
        problems.append(
          Diagnostic(
            "spec.invalid-value", "\(place) is \(node.scalar?.text ?? "")", at: node.location,
            suggestion: "a number from \(Shape.bound(range.lowerBound)) to \(Shape.bound(range.upperBound))"))
      }
    case .boolean: if node.boolean == nil { refuse("true or false") }
    case .scalar: if node.scalar == nil || node.isNull { refuse("text, a number or a boolean") }
    case .list(let item, let lengths):
      if isPartial, let change = ListChange(node) {
        for entry in change.entries { check(entry.value, .list(item), in: "\(place).\(entry.key)", &problems) }
        return
      }
      if isPartial, let entries = node.entries, entries.contains(where: { ListChange.keys.contains($0.key) }) {
        for entry in entries where !ListChange.keys.contains(entry.key) {
          problems.append(
            Diagnostic(
              "spec.unknown-key", "unknown key \(Self.shown(entry.key)) in \(place)", at: entry.keyLocation,
              suggestion: nearest(to: entry.key, among: ListChange.keys).map { "did you mean \"\($0)\"?" }
                ?? "it takes: \(ListChange.keys.joined(separator: ", "))"))
        }
        return
      }
      guard let items = node.items else {
        let hint = node.entries == nil ? nil : "a list, or \(ListChange.form) to change a profile's"
        return refuse("a list", node.scalar.map { "write [\($0.text)]" } ?? hint)
      }
      let minimum = lengths.lowerBound
      if items.count < minimum {
        problems.append(
          Diagnostic(
            "spec.invalid-value", "\(place) needs at least \(minimum) \(minimum == 1 ? "entry" : "entries")",
            at: node.location))
      }
      if items.count > lengths.upperBound {
        let first = items[lengths.upperBound].location
        return tooMany(items.count, lengths.upperBound, at: first, in: place, &problems)
      }
      for (index, value) in items.enumerated() {
        if value.isNull {
          problems.append(Diagnostic("spec.wrong-type", "\(place)[\(index)] is empty", at: value.location))
        } else {
          check(value, item, in: "\(place)[\(index)]", &problems)
        }
      }
    case .map(let keys, let values, let maximum):
      guard let entries = node.entries else { return refuse("a map") }
      if let maximum, entries.count > maximum {
        return tooMany(entries.count, maximum, at: entries[maximum].keyLocation, in: place, &problems)
      }
      for entry in entries {
        check(entry.key, keys, at: entry.keyLocation, in: "the name", &problems)
        check(entry.value, values, in: entry.key, &problems)
      }
    case .object(let object): checkObject(node, object, in: place, &problems)
    case .choice(let object): checkObject(node, object, in: place, &problems)
    case .either(let text, let other):
      check(node, node.scalar != nil && !node.isNull ? text : other, in: place, &problems)
    case .oneOrNamed(let object, let names): checkNamed(node, object, names, in: place, &problems)
    }
  }

  private func tooMany(
    _ count: Int, _ maximum: Int, at location: SourceLocation, in place: String, _ problems: inout [Diagnostic]
  ) {
    problems.append(
      Diagnostic(
        "spec.invalid-value", "\(place) has \(count) entries", at: location, suggestion: "at most \(maximum)"))
  }

  private func checkVersion(_ node: SpecNode, in place: String, _ problems: inout [Diagnostic]) {
    guard let scalar = node.scalar, !node.isNull else {
      problems.append(Diagnostic("spec.wrong-type", "\(place) must be text, not \(node.kind)", at: node.location))
      return
    }
    if node.looksLikeNumber {
      problems.append(
        Diagnostic(
          "spec.unquoted-version", "\(place) \(scalar.text) is read as a number by other YAML readers",
          at: node.location,
          suggestion: "quote it: \"\(scalar.text)\""))
    }
  }

  func check(
    _ text: String, _ rule: TextRule, at location: SourceLocation, in place: String, _ problems: inout [Diagnostic]
  ) {
    func refuse(_ suggestion: String) {
      let what = rule.isWithheld ? "what is written here" : Self.shown(text)
      problems.append(
        Diagnostic("spec.invalid-value", "\(place) cannot be \(what)", at: location, suggestion: suggestion))
    }
    // What it becomes is checked.
    if isPartial, CustomerPlaceholder.isIn(text) { return }
    if !rule.allowed.isEmpty, !rule.allowed.contains(text) {
      let near = nearest(to: text, among: rule.allowed).map { "did you mean \"\($0)\"? " } ?? ""
      return refuse("\(near)one of: \(rule.allowed.joined(separator: ", "))")
    }
    if !rule.lengths.contains(text.unicodeScalars.count) {
      let range = rule.lengths
      return refuse(
        range.lowerBound > text.unicodeScalars.count
          ? "\(rule.name) has at least \(range.lowerBound) characters"
          : "\(rule.name) has at most \(range.upperBound) characters")
    }
    if let pattern = rule.pattern, !matches(text, pattern) { refuse(rule.rule ?? "\(rule.name) must match \(pattern)") }
  }

  /// - Parameter isFitting: Whether an entry is known to fit.
  func checkObject(
    _ node: SpecNode, _ object: ObjectShape, in place: String, _ problems: inout [Diagnostic],
    isFitting: (SpecNode.Entry) -> Bool = { _ in false }
  ) {
    guard let entries = node.entries else {
      let message = "\(object.name) must be a map, not \(node.kind)"
      problems.append(Diagnostic("spec.wrong-type", message, at: node.location, suggestion: object.form))
      return
    }
    for entry in entries where !isFitting(entry) {
      if let refused = object.refused[entry.key] {
        problems.append(
          Diagnostic(
            refused.id, refused.message.replacing("KEY", with: entry.key), at: entry.keyLocation,
            suggestion: "it takes: \(object.keys.map(\.name).joined(separator: ", "))"))
        continue
      }
      guard let key = object[entry.key] else {
        let near = nearest(to: entry.key, among: object.keys.map(\.name))
        problems.append(
          Diagnostic(
            "spec.unknown-key", "unknown key \(Self.shown(entry.key)) in \(object.name)", at: entry.keyLocation,
            suggestion: near.map { "did you mean \"\($0)\"?" }
              ?? "it takes: \(object.keys.map(\.name).joined(separator: ", "))"))
        continue
      }
      check(entry.value, key.shape, in: entry.key, &problems)
    }
    if isPartial { return }
    let empty = empty[node.location] ?? []
    for key in object.keys
    where key.isRequired && !empty.contains(key.name) && !entries.contains(where: { $0.key == key.name }) {
      problems.append(
        Diagnostic(
          "spec.missing-key", "\(object.name) lacks \"\(key.name)\"", at: node.location,
          suggestion: "\(key.summary)\(key.example.map { ", as in `\(key.name): \($0)`" } ?? "")"))
    }
    checkAlternatives(node, entries, object, &problems)
  }

  private func checkAlternatives(
    _ node: SpecNode, _ entries: [SpecNode.Entry], _ object: ObjectShape, _ problems: inout [Diagnostic]
  ) {
    guard !object.alternatives.isEmpty else { return }
    let chosen = entries.filter { object.alternatives.contains($0.key) }
    let choices = Phrase.alternatives(object.alternatives)
    if chosen.isEmpty {
      if !(empty[node.location] ?? []).isDisjoint(with: object.alternatives) { return }
      problems.append(
        Diagnostic(
          "spec.missing-key", "\(object.name) has no \(choices)", at: node.location,
          suggestion: "give exactly one of \(choices)"))
    } else if chosen.count > 1 {
      let names = chosen.map { "\"\($0.key)\"" }.joined(separator: " and ")
      problems.append(
        Diagnostic(
          "spec.conflict", "\(object.name) has \(names)", at: chosen[1].keyLocation,
          suggestion: "give exactly one of \(choices)"))
    }
  }

  private func matches(_ text: String, _ pattern: String) -> Bool { TextPattern.matches(text, pattern) }

  static func shown(_ text: String) -> String {
    let short = text.count > 60 ? String(text.prefix(57)) + "…" : text
    return "\"\(short)\""
  }
}
