import KilnDiagnostics
import KilnSpec

/// Fills parameters into a definition's steps and checks.
struct StepResolver {
  /// Bytes that are read and written for the steps of one component or service: a step is filled in anew for each entry of
  /// its list.
  static let expansionLimit = 16 << 20
  /// What a part of a template counts for that is rendered, also where it gives no text.
  static let templateStep = 16
  /// Steps and checks of one component or service, each a line or more in every output.
  static let stepLimit = 2000

  let parameters: [ComponentPlan.Parameter]
  private let byName: [String: SpecNode]
  /// Whose packages the steps install.
  let family: PackageFamily
  /// Where file templates are.
  let definitions: Definitions
  /// The bytes of a file beside a component's own file.
  let sourceFile: (_ path: String, _ location: SourceLocation) -> Result<[UInt8], DiagnosticsError>
  private(set) var problems: [Diagnostic] = []
  private var produced = 0
  private var made = 0
  private var isExhausted = false

  init(
    parameters: [ComponentPlan.Parameter], family: PackageFamily, definitions: Definitions,
    sourceFile: @escaping (String, SourceLocation) -> Result<[UInt8], DiagnosticsError>
  ) {
    self.parameters = parameters
    byName = Dictionary(parameters.map { ($0.name, $0.value) }) { first, _ in first }
    self.family = family
    self.definitions = definitions
    self.sourceFile = sourceFile
  }

  private func parameter(_ name: String) -> SpecNode? { byName[name] }

  /// The steps in order; packages for each entry of a list are one step.
  mutating func steps(_ nodes: [SpecNode]) -> [PlannedStep] {
    var planned: [PlannedStep] = []
    for node in nodes where !isExhausted {
      let only = node["only"]?.scalar.flatMap { Side(rawValue: $0.text) }
      let own = planned.count
      for bound in bindings(of: node) {
        guard let instance = instance(node, bound) else { break }
        guard let step = step(instance) else { continue }
        if case .packages(let more) = step, planned.count > own, case .packages(let names) = planned[own].step {
          planned[planned.count - 1] = PlannedStep(
            step: .packages(Step.sorted(names + more)), only: only, origin: node.location)
        } else {
          planned.append(PlannedStep(step: step, only: only, origin: node.location))
        }
      }
    }
    return planned
  }

  mutating func checks(_ nodes: [SpecNode]) -> [Check] {
    var checks: [Check] = []
    for node in nodes where !isExhausted {
      for bound in bindings(of: node) {
        guard let instance = instance(node, bound) else { break }
        checks.append(
          Check(
            command: instance.texts("command"), stdout: instance.texts("stdout"), exit: instance["exit"]?.integer ?? 0,
            only: node["only"]?.scalar.flatMap { Side(rawValue: $0.text) }))
      }
    }
    return checks
  }

  /// A definition's list of words with parameters filled in.
  mutating func words(_ node: SpecNode) -> [String] {
    (instance(node, [:])?.items ?? []).compactMap { $0.scalar?.text }
  }

  mutating func text(_ node: SpecNode) -> String { instance(node, [:])?.scalar?.text ?? "" }

  mutating func fill(_ text: String) -> String {
    if let result = fill(text, [:]) { return result }
    produced = .max / 2
    return ""
  }

  /// What `each` and `when` make of a step: it stands once for each of these.
  private func bindings(of node: SpecNode) -> [[String: String]] {
    if let condition = node["when"]?.scalar?.text, !isTrue(parameter(condition)) { return [] }
    guard let each = node["each"]?.scalar?.text, let value = parameter(each) else { return [[:]] }
    if let items = value.items { return items.map { ["item": $0.scalar?.text ?? ""] } }
    // The order of a map's keys changes nothing.
    return (value.entries ?? []).sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { ["key": $0.key, "value": $0.value.scalar?.text ?? ""] }
  }

  /// The node with its placeholders filled; nil, and a problem the first time, where the component has come to too much.
  private mutating func instance(_ node: SpecNode, _ bound: [String: String]) -> SpecNode? {
    if isExhausted { return nil }
    made += 1
    let result = made <= Self.stepLimit ? filled(node, bound) : nil
    if result == nil { exhaust(node, made > Self.stepLimit) }
    return result
  }

  private mutating func exhaust(_ node: SpecNode, _ isStepLimit: Bool) {
    if isExhausted { return }
    isExhausted = true
    let amount = isStepLimit ? "\(Self.stepLimit) steps" : "\(Self.expansionLimit) bytes"
    problems.append(
      Diagnostic(
        "catalog.expansion-limit", "the definition expands to more than \(amount) with these parameters",
        at: node.location,
        suggestion: "shorten the list, or put what is large into one file"))
  }

  private mutating func produce(_ count: Int) -> Bool {
    produced += count
    return produced <= Self.expansionLimit
  }

  private func isTrue(_ node: SpecNode?) -> Bool {
    guard let node else { return false }
    if let boolean = node.boolean { return boolean }
    return !(node.items?.isEmpty ?? node.entries?.isEmpty ?? (node.scalar?.text.isEmpty ?? true))
  }

  /// Nil where the budget does not suffice.
  private mutating func filled(_ node: SpecNode, _ bound: [String: String]) -> SpecNode? {
    switch node.content {
    case .scalar(let scalar):
      guard let text = fill(scalar.text, bound) else { return nil }
      return SpecNode(.scalar(.init(text: text, isPlain: scalar.isPlain)), at: node.location)
    case .list(let items):
      var all: [SpecNode] = []
      for item in items {
        guard let item = filled(item, bound) else { return nil }
        all.append(item)
      }
      return SpecNode(.list(all), at: node.location)
    case .map(let entries):
      var all: [SpecNode.Entry] = []
      for entry in entries {
        guard let key = fill(entry.key, bound), let value = filled(entry.value, bound) else { return nil }
        all.append(.init(key: key, keyLocation: entry.keyLocation, value: value))
      }
      return SpecNode(.map(all), at: node.location)
    }
  }

  private mutating func fill(_ text: String, _ bound: [String: String]) -> String? {
    let room = Self.expansionLimit - produced
    let result = Placeholder.substitute(text, limit: room) { name in bound[name] ?? byName[name]?.scalar?.text }
    // What is read counts as well: a text full of placeholders may come to nothing.
    guard let result, produce(max(result.utf8.count, text.utf8.count)) else { return nil }
    return result
  }

  private mutating func step(_ node: SpecNode) -> Step? {
    guard let step = Step.make(node, on: family, problems: &problems) else { return nil }
    guard case .file(let file) = step, let body = node["file"], body["content"] == nil else { return step }
    guard let content = content(of: body) else { return nil }
    // What a template or a file beside the component gives; what the step itself says is counted.
    guard produce(content.count) else {
      exhaust(node, false)
      return nil
    }
    return .file(file.with(content: content))
  }

  private mutating func content(of body: SpecNode) -> [UInt8]? {
    if let source = body["source"], let path = source.scalar?.text {
      switch sourceFile(path, source.location) {
      case .success(let bytes): return bytes
      case .failure(let error):
        problems += error.diagnostics
        return nil
      }
    }
    guard let node = body["template"], let name = node.scalar?.text else { return nil }
    let template: String
    do throws(DiagnosticsError) { template = try definitions.template(name, at: node.location) } catch {
      problems += error.diagnostics
      return nil
    }
    do {
      var steps = 0
      defer { produced += steps * Self.templateStep }
      return Array(try FileTemplate.render(template, parameters, steps: &steps).utf8)
    } catch {
      problems.append(Diagnostic("catalog.template", "file template \"\(name)\": \(error.text)", at: node.location))
      return nil
    }
  }
}
