public import KilnDiagnostics
import KilnDocuments

/// Checks what a spec says of components and services against their definitions.
public struct UseChecker: Sendable {
  /// Keys that every service takes beside its definition's parameters.
  public static let serviceKeys = ["database", "from", "limits", "password", "settings", "storage", "user"]

  /// Names that a wrong one is compared with: a file may have 20,000 wrong ones, and a definition as many parameters.
  public static let nearLimit = 100

  let definitions: Definitions

  public init(_ definitions: Definitions) { self.definitions = definitions }

  /// Names that are not there and parameters that do not fit, in a tree whose other parts may be wrong.
  func problems(in tree: SpecNode) -> [Diagnostic] {
    var problems: [Diagnostic] = []
    let apps = [tree["app"]] + (tree["apps"]?.entries ?? []).map(\.value)
    let runtimes = ([tree] + apps.compactMap { $0 }).compactMap { $0["runtime"] }
    for runtime in runtimes {
      let base = runtime["base"]?.scalar.flatMap { definitions.bases[$0.text]?.name }
      for entry in runtime["components"]?.entries ?? [] {
        let name = Located(entry.key, at: entry.keyLocation)
        if let component = definitions.components[entry.key] {
          problems += self.problems(
            in: entry.value, component.parameters, of: entry.key, base: base, at: entry.keyLocation)
        } else {
          problems.append(unknownComponent(name))
        }
      }
    }
    let base = tree["runtime"]?["base"]?.scalar.flatMap { definitions.bases[$0.text]?.name }
    let services = (tree["services"]?.entries ?? []).map(\.key)
    let described = Set(services)
    for name in (tree["machine"]?["services"]?.items ?? []).compactMap({ $0.optionalText })
    where !described.contains(name.value) {
      problems.append(unknownMachineService(name, among: services))
    }
    return problems + serviceProblems(in: tree, base: base)
  }

  /// The same for services alone: only what passes can be decoded.
  func serviceProblems(in tree: SpecNode, base: String? = nil) -> [Diagnostic] {
    (tree["services"]?.entries ?? []).flatMap { entry -> [Diagnostic] in
      guard let service = definitions.services[entry.key] else {
        return [unknownService(Located(entry.key, at: entry.keyLocation))]
      }
      return problems(
        in: entry.value, service.parameters, of: entry.key, base: base, besides: Self.serviceKeys,
        at: entry.keyLocation) + commonProblems(in: entry.value)
    }
  }

  public func unknownComponent(_ name: Located<String>) -> Diagnostic {
    unknown("component", name, among: Array(definitions.components.keys), id: "spec.unknown-component")
  }

  public func unknownService(_ name: Located<String>) -> Diagnostic {
    unknown("service", name, among: Array(definitions.services.keys), id: "spec.unknown-service")
  }

  /// A service that the machine is to run and that the spec does not describe.
  public func unknownMachineService(_ name: Located<String>, among services: [String]) -> Diagnostic {
    unknown("service", name, among: services, id: "spec.unknown-service", hint: "describe it under services")
  }

  /// - Parameter hint: The help where no known name is near; nil for the list of them.
  public func unknown(
    _ what: String, _ name: Located<String>, among known: [String], id: String, hint: String? = nil
  ) -> Diagnostic {
    if let file = definitions.unusable[name.value] {
      return Diagnostic(
        id, "the \(what) \"\(name.value)\" cannot be used", at: name.location, suggestion: "\(file) has errors",
        isConsequence: true)
    }
    let known = known.sorted()
    let near = nearest(to: name.value, among: known.prefix(Self.nearLimit)).map { "did you mean \"\($0)\"?" }
    return Diagnostic(
      id, "there is no \(what) \(ShapeChecker.shown(name.value))", at: name.location,
      suggestion: near ?? hint ?? "there are: \(Phrase.some(known, limit: 30))")
  }

  /// Wrong shapes below the keys that every service takes.
  public func commonProblems(in node: SpecNode) -> [Diagnostic] {
    let common = SpecNode(.map((node.entries ?? []).filter { Self.serviceKeys.contains($0.key) }), at: node.location)
    return ShapeChecker().problems(in: common, .serviceUse)
  }

  /// Parameters that are unknown, missing or wrong.
  ///
  /// - Parameters:
  ///   - node: What the spec says; nil for nothing.
  ///   - owner: The component or service.
  ///   - base: The base whose allowed values count; nil where it is not known.
  ///   - besides: Other keys that may stand there.
  ///   - location: Where a missing parameter is told.
  public func problems(
    in node: SpecNode?, _ parameters: [ParameterDefinition], of owner: String, base: String?,
    besides: [String] = [], at location: SourceLocation
  ) -> [Diagnostic] {
    if let node, node.entries == nil {
      return [
        Diagnostic(
          "spec.wrong-type", "\(owner) takes a map of parameters", at: node.location,
          suggestion: "write {} for defaults")
      ]
    }
    var problems: [Diagnostic] = []
    let known = parameters.map(\.name) + besides
    let names = Set(known)
    let said = KeyIndex(node?.entries ?? [])
    for entry in node?.entries ?? [] where !names.contains(entry.key) {
      let near = nearest(to: entry.key, among: known.prefix(Self.nearLimit)).map { "did you mean \"\($0)\"?" }
      let list = known.isEmpty ? "it takes none" : "it takes: \(Phrase.some(known, limit: 30))"
      problems.append(
        Diagnostic(
          "spec.unknown-parameter", "\(owner) has no parameter \"\(entry.key)\"", at: entry.keyLocation,
          suggestion: near ?? list))
    }
    for parameter in parameters {
      if let entry = said[parameter.name] {
        problems += ParameterChecker(parameter, base: base).problems(in: entry.value)
        if let problem = companyProblem(parameter, of: owner, entry, said) { problems.append(problem) }
      } else if parameter.isRequired, parameter.fallback(on: base ?? "") == nil,
        !parameter.conflicts.contains(where: { said[$0] != nil })
      {
        problems.append(
          Diagnostic(
            "spec.missing-parameter", "\(owner) needs the parameter \"\(parameter.name)\"", at: location,
            suggestion: parameter.summary, notes: [.init("it is described here", at: parameter.location)]))
      }
    }
    return problems
  }

  /// What a parameter is said beside, or without.
  private func companyProblem(
    _ parameter: ParameterDefinition, of owner: String, _ entry: SpecNode.Entry, _ said: KeyIndex
  ) -> Diagnostic? {
    for name in parameter.conflicts {
      guard let other = said[name] else { continue }
      return Diagnostic(
        "spec.conflict", "\(owner) takes \"\(parameter.name)\" or \"\(name)\", not both", at: entry.keyLocation,
        suggestion: "remove one of the two", notes: [.init("the other", at: other.keyLocation)])
    }
    guard let missing = parameter.needs.first(where: { said[$0] == nil }) else { return nil }
    return Diagnostic(
      "spec.missing-parameter", "\"\(parameter.name)\" of \(owner) does nothing without \"\(missing)\"",
      at: entry.keyLocation, suggestion: "say it too, or remove this one")
  }
}
