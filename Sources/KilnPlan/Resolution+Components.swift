import KilnDiagnostics
import KilnDocuments
import KilnSpec

extension Resolution {
  /// A runtime's components and what they require, each after what it requires; those first that come before the
  /// packages of others, else by their `order` and name.
  mutating func components(
    _ components: [EnvironmentSpec.ComponentUse], on base: BaseDefinition?
  ) -> [ComponentPlan] {
    var uses: [String: (origin: SourceLocation, parameters: SpecNode?)] = [:]
    var pending: [(Located<String>, SpecNode?)] = components.map { ($0.name, $0.parameters) }
    var at = 0
    while at < pending.count {
      let (name, parameters) = pending[at]
      at += 1
      if uses[name.value] != nil { continue }
      guard let definition = definitions.components[name.value] else {
        problems.append(checker.unknownComponent(name))
        continue
      }
      uses[name.value] = (name.location, parameters)
      pending += definition.requires.map { ($0, nil) }
    }
    guard let order = order(Set(uses.keys)) else { return [] }
    let present = Set(order)
    for name in order { checkCompanions(name, among: present, uses[name]?.origin, base) }
    var plans: [ComponentPlan] = []
    var early: Set<String> = []
    // What an early one requires is early too.
    for name in order.reversed() {
      guard let definition = definitions.components[name], let use = uses[name] else { continue }
      let plan = component(
        definition, use.origin, use.parameters, beside: present, isEarly: early.contains(name), base)
      if plan.isBeforePackages { early.formUnion(definition.requires.map(\.value)) }
      plans.append(plan)
    }
    plans.reverse()
    return plans.filter(\.isBeforePackages) + plans.filter { !$0.isBeforePackages }
  }

  /// What stands for the packages that a spec names itself.
  static let ownPackages = "packages"

  /// The packages that a spec names itself, as if a component brought them.
  mutating func ownPackages(_ runtime: EnvironmentSpec.Runtime, on base: BaseDefinition?) -> [ComponentPlan] {
    guard let base, let first = runtime.packages.first else { return [] }
    for name in runtime.packages {
      guard let rule = base.family.packageProblem(name.value) else { continue }
      problems.append(
        Diagnostic(
          "spec.invalid-value", "\"\(name.value)\" is not the name of a \(base.family.title) package",
          at: name.location,
          suggestion: rule))
    }
    let place = SourceLocation(file: first.location.file, position: first.location.position)
    return [
      ComponentPlan(
        name: Self.ownPackages, summary: "packages of the spec",
        parameters: [.init(name: "names", value: runtime.packagesNode, isDefault: false)],
        steps: [
          PlannedStep(step: .packages(Step.sorted(runtime.packages.map(\.value))), only: nil, origin: place)
        ], checks: [], isBeforePackages: false, origin: runtime.packagesNode.location)
    ]
  }

  mutating func component(
    _ definition: ComponentDefinition, _ origin: SourceLocation, _ node: SpecNode?, beside present: Set<String>,
    isEarly: Bool, _ base: BaseDefinition?
  ) -> ComponentPlan {
    let before = problems.count
    let parameters = parameters(
      definition.parameters, of: definition.name, from: node, on: base, beside: present, at: origin)
    var steps: [PlannedStep] = []
    var checks: [Check] = []
    // Without a base, parameters whose defaults depend on it have no values, and steps would be refused for that alone.
    if base != nil, !problems[before...].hasErrors {
      var resolver = stepResolver(parameters, on: base)
      steps = resolver.steps(definition.steps)
      checks = resolver.checks(definition.verify)
      // A definition's step that a parameter's value breaks is told at the spec that sets the value.
      problems += resolver.problems.map { $0.moved(to: node == nil ? nil : origin) }
    }
    return ComponentPlan(
      name: definition.name, summary: definition.summary, parameters: parameters, steps: steps, checks: checks,
      isBeforePackages: isEarly || definition.isBeforePackages || steps.haveLateRepository, origin: origin)
  }

  private mutating func checkCompanions(
    _ name: String, among present: Set<String>, _ origin: SourceLocation?, _ base: BaseDefinition?
  ) {
    guard let definition = definitions.components[name] else { return }
    for conflict in definition.conflicts where present.contains(conflict) {
      problems.append(
        Diagnostic(
          "spec.component-conflict", "\(name) and \(conflict) cannot be used together", at: origin,
          suggestion: "remove one of the two"))
    }
    if !definition.alternatives.isEmpty, present.isDisjoint(with: definition.alternatives) {
      problems.append(
        Diagnostic(
          "spec.missing-component",
          "\(name) works with \(Phrase.alternatives(definition.alternatives)), and there is none",
          at: origin, suggestion: "name one of them too, or remove \(name)"))
    }
    if let base, !definition.bases.isEmpty, !definition.bases.contains(base.name) {
      problems.append(
        Diagnostic(
          "spec.unsupported-base", "\(name) does not work on \(base.name)", at: origin,
          suggestion: "it works on: \(definition.bases.joined(separator: ", "))"))
    }
  }

  /// `names` with requirements first and else by `order` and name; nil when they require each other.
  private mutating func order(_ names: Set<String>) -> [String]? {
    let definitions = definitions
    func key(_ name: String) -> (Int, String) { (definitions.components[name]?.order ?? 0, name) }
    var order: [String] = []
    var done: Set<String> = []
    // The way down to a component, each with what it requires and how much of that is done: requirements are as deep as
    // there are components, which the stack need not be.
    var path: [(name: String, required: [Located<String>], next: Int)] = []
    var places: [String: Int] = [:]
    var isCyclic = false
    func enter(_ name: String) {
      if done.contains(name) || !names.contains(name) { return }
      places[name] = path.count
      path.append((name, (definitions.components[name]?.requires ?? []).sorted { key($0.value) < key($1.value) }, 0))
    }
    for name in names.sorted(by: { key($0) < key($1) }) {
      enter(name)
      while let (name, required, next) = path.last {
        guard next < required.count else {
          path.removeLast()
          places[name] = nil
          if done.insert(name).inserted { order.append(name) }
          continue
        }
        path[path.count - 1].next += 1
        guard let index = places[required[next].value] else {
          enter(required[next].value)
          continue
        }
        isCyclic = true
        let cycle = (path[index...].map(\.name) + [required[next].value]).joined(separator: " → ")
        problems.append(
          Diagnostic(
            "spec.component-cycle", "components require each other: \(cycle)", at: required[next].location,
            suggestion: "remove one `requires`"))
      }
    }
    return isCyclic ? nil : order
  }
}

extension Diagnostic {
  /// The same problem told at `location`, with its own place as a note; itself for nil.
  func moved(to location: SourceLocation?) -> Diagnostic {
    guard let location, id == "spec.step-value" else { return self }
    let note = Note("in this step", at: self.location)
    return Diagnostic(id, message, severity: severity, at: location, suggestion: suggestion, notes: [note] + notes)
  }
}
