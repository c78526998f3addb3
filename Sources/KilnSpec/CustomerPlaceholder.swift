import KilnDiagnostics

/// `{{customer}}` in the values of a profile: the name of the customer whose spec the profile is merged beneath.
///
/// `{{CUSTOMER}}` is the name as variables have it: `my-shop` is `MY_SHOP`. Other text between braces is a value's own.
package struct CustomerPlaceholder {
  static let names = ["customer", "CUSTOMER"]
  /// A regular expression for text that has one, as `kiln schema` gives it to editors.
  static let pattern = "\\{\\{ *(customer|CUSTOMER) *\\}\\}"

  private let customer: Located<String>
  /// Values that had one.
  private(set) var places: Set<SourceLocation> = []

  package init(_ customer: Located<String>) { self.customer = customer }

  static func isIn(_ text: String) -> Bool { !names.allSatisfy { !Placeholder.names(in: text).contains($0) } }

  static func isIn(_ node: SpecNode) -> Bool {
    switch node.content {
    case .scalar(let scalar): isIn(scalar.text)
    case .list(let items): items.contains(where: isIn)
    case .map(let entries): entries.contains { isIn($0.value) }
    }
  }

  /// `text` with `name` where the placeholders are.
  static func fill(_ text: String, with name: String) -> String {
    let filled = Placeholder.substitute(text) {
      switch $0 {
      case "customer": name
      case "CUSTOMER": name.uppercased().replacing("-", with: "_")
      default: nil
      }
    }
    return filled ?? text
  }

  /// The profile's tree for this customer. What is filled in is text, whatever it looks like.
  package mutating func filled(_ node: SpecNode) -> SpecNode {
    guard Self.isIn(node) else { return node }
    switch node.content {
    case .scalar(let scalar):
      places.insert(node.location)
      let text = Self.fill(scalar.text, with: customer.value)
      return SpecNode(.scalar(.init(text: text, isPlain: false)), at: node.location)
    case .list(let items):
      var filled: [SpecNode] = []
      for item in items { filled.append(self.filled(item)) }
      return SpecNode(.list(filled), at: node.location)
    case .map(let entries):
      var filled: [SpecNode.Entry] = []
      for entry in entries {
        filled.append(.init(key: entry.key, keyLocation: entry.keyLocation, value: self.filled(entry.value)))
      }
      return SpecNode(.map(filled), at: node.location)
    }
  }

  /// A problem of a value that was filled in says whose name made it.
  func noted(_ problem: Diagnostic) -> Diagnostic {
    guard let location = problem.location, places.contains(location) else { return problem }
    let note = Diagnostic.Note("here {{customer}} is \"\(customer.value)\"", at: customer.location)
    return Diagnostic(
      problem.id, problem.message, severity: problem.severity, at: location, suggestion: problem.suggestion,
      notes: problem.notes + [note], isConsequence: problem.isConsequence)
  }

  /// Names between braces that are nearly one of these.
  static func misspelt(in node: SpecNode) -> [Diagnostic] {
    switch node.content {
    case .list(let items): return items.flatMap(misspelt)
    case .map(let entries): return entries.flatMap { misspelt(in: $0.value) }
    case .scalar(let scalar):
      return Placeholder.names(in: scalar.text).compactMap { name in
        guard !names.contains(name), let near = nearest(to: name, among: names) else { return nil }
        return Diagnostic(
          "spec.profile-placeholder", "\"{{\(name)}}\" stays as it is written", severity: .warning, at: node.location,
          suggestion: "did you mean \"{{\(near)}}\"?")
      }
    }
  }
}
