public import KilnDiagnostics
import KilnDocuments

/// Checks a value against a parameter's definition.
public struct ParameterChecker: Sendable {
  let parameter: ParameterDefinition
  let base: String?

  /// - Parameter base: The base whose `allowedByBase` counts; nil for none.
  public init(_ parameter: ParameterDefinition, base: String?) {
    self.parameter = parameter
    self.base = base
  }

  private var shape: Shape {
    let text = TextRule(parameter.name, lengths: 0...100_000)
    return switch parameter.kind {
    case .string: .version
    case .integer: .integer(Int.min...Int.max)
    case .boolean: .boolean
    case .list: .list(.version)
    case .map: .map(keys: text, values: .scalar)
    }
  }

  /// Wrong types, values that are not allowed, and text that does not match.
  public func problems(in node: SpecNode) -> [Diagnostic] {
    let wrong = ShapeChecker().problems(in: node, shape)
    guard wrong.isEmpty else { return wrong.map { renamed($0) } }
    let allowed = base.map(parameter.allowed(on:)) ?? (parameter.allowedByBase.isEmpty ? parameter.allowed : [])
    return keyProblems(in: node) + values(of: node).compactMap { valueProblem($0, allowed) }
  }

  private func valueProblem(_ value: SpecNode, _ allowed: [String]) -> Diagnostic? {
    let text = value.scalar?.text ?? ""
    if text.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\n" && $0 != "\t" || $0.value == 0x7F }) {
      return Diagnostic("spec.parameter-value", "\(parameter.name) has a control character", at: value.location)
    }
    if let other = parameter.instead[text] {
      return Diagnostic(
        "spec.parameter-value", "\(parameter.name) cannot be \(ShapeChecker.shown(text))", at: value.location,
        suggestion: other.isEmpty ? "leave it out: it is built in" : "write \(other), which includes it")
    }
    if !allowed.isEmpty, !allowed.contains(text) {
      let on = base.flatMap { parameter.allowedByBase[$0] != nil ? " on \($0)" : nil } ?? ""
      // As in `php-intl`, or a constant's capitals.
      let short = text.split(separator: "-").last.map { $0.lowercased() } ?? ""
      let near = allowed.count < 6 ? nil : allowed.contains(short) ? short : nearest(to: text, among: allowed)
      return Diagnostic(
        "spec.parameter-value", "\(parameter.name) cannot be \(ShapeChecker.shown(text))\(on)", at: value.location,
        suggestion: near.map { "did you mean \"\($0)\"?" } ?? "one of: \(Phrase.some(allowed, limit: 20))")
    }
    if let number = value.integer, let bounds, !bounds.range.contains(number) {
      return Diagnostic(
        "spec.parameter-value", "\(parameter.name) cannot be \(number)", at: value.location,
        suggestion: "a whole number \(bounds.text)")
    }
    guard let pattern = parameter.pattern else { return nil }
    if text.unicodeScalars.count > TextPattern.textLimit {
      return Diagnostic(
        "spec.parameter-value", "\(parameter.name) cannot be \(ShapeChecker.shown(text))", at: value.location,
        suggestion: "it has at most \(TextPattern.textLimit) characters")
    }
    if !TextPattern.matches(text, pattern) {
      return Diagnostic(
        "spec.parameter-value", "\(parameter.name) cannot be \(ShapeChecker.shown(text))", at: value.location,
        suggestion: "must match \(pattern)")
    }
    return nil
  }

  private var bounds: (range: ClosedRange<Int>, text: String)? {
    switch (parameter.minimum, parameter.maximum) {
    case (nil, nil): nil
    case (let least?, nil): (least...Int.max, "of at least \(least)")
    case (nil, let most?): (Int.min...most, "of at most \(most)")
    case (let least?, let most?): least > most ? nil : (least...most, "from \(least) to \(most)")
    }
  }

  private func keyProblems(in node: SpecNode) -> [Diagnostic] {
    guard let pattern = parameter.keyPattern else { return [] }
    return (node.entries ?? []).compactMap { entry in
      if TextPattern.matches(entry.key, pattern) { return nil }
      return Diagnostic(
        "spec.parameter-value", "\(parameter.name) cannot have the key \(ShapeChecker.shown(entry.key))",
        at: entry.keyLocation, suggestion: "must match \(pattern)")
    }
  }

  private func values(of node: SpecNode) -> [SpecNode] {
    node.items ?? node.entries?.map(\.value) ?? [node]
  }

  private func renamed(_ diagnostic: Diagnostic) -> Diagnostic {
    Diagnostic(
      diagnostic.id, diagnostic.message.replacing("the file", with: parameter.name), severity: diagnostic.severity,
      at: diagnostic.location, suggestion: diagnostic.suggestion, notes: diagnostic.notes)
  }
}
