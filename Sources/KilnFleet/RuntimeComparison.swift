import KilnDiagnostics
public import KilnPlan
import KilnSpec

/// What makes two runtimes two.
public enum RuntimeComparison {
  /// In the order in which they are installed; empty for equal runtimes.
  public static func differences(_ old: RuntimePlan, _ new: RuntimePlan) -> [Difference] {
    if old.digest == new.digest { return [] }
    let found = differences(old, new, for: .container)
    return found.isEmpty ? [Difference("how Kiln makes runtimes", nil, nil, at: nil)] : found
  }

  /// What a spec or a definition says differently for one side.
  static func differences(_ old: RuntimePlan, _ new: RuntimePlan, for side: Side) -> [Difference] {
    var found: [Difference] = []
    if old.base.name != new.base.name {
      found.append(Difference("base", old.base.name, new.base.name, at: new.baseOrigin))
    } else if old.base.image != new.base.image {
      found.append(Difference("base \(new.base.name)", old.base.image, new.base.image, at: new.base.location))
    }
    if side == .machine, old.base.name == new.base.name, old.base.azure != new.base.azure {
      found.append(Difference("base \(new.base.name): its image in Azure changed", nil, nil, at: new.base.location))
    }
    for component in new.components {
      guard let before = old.components.first(where: { $0.name == component.name }) else {
        found.append(Difference("component \(component.name)", nil, "", at: component.origin))
        continue
      }
      found += differences(before, component, side)
    }
    for component in old.components where !new.components.contains(where: { $0.name == component.name }) {
      found.append(Difference("component \(component.name)", "", nil, at: component.origin))
    }
    found += variables(old, new)
    return found
  }

  private static func differences(_ old: ComponentPlan, _ new: ComponentPlan, _ side: Side) -> [Difference] {
    var found: [Difference] = []
    for parameter in new.parameters {
      let before = old.parameters.first { $0.name == parameter.name }?.value
      found += Difference.between(
        before?.settings ?? [], parameter.value.settings, "\(new.name) \(parameter.name)")
    }
    if !found.isEmpty { return found }
    // The same parameters: the definition is another.
    let (before, after) = (steps(old, side), steps(new, side))
    for step in after where !before.contains(where: { $0.step == step.step }) {
      found.append(Difference("\(new.name): a step changed", nil, nil, at: step.origin))
    }
    for step in before where !after.contains(where: { $0.step == step.step }) && found.isEmpty {
      found.append(Difference("\(new.name): a step", "", nil, at: step.origin))
    }
    if found.isEmpty, before.map(\.step) != after.map(\.step) {
      found.append(Difference("\(new.name): the order of its steps changed", nil, nil, at: after.first?.origin))
    }
    return found
  }

  private static func steps(_ component: ComponentPlan, _ side: Side) -> [PlannedStep] {
    component.steps.filter { $0.isFor(side) }
  }

  private static func variables(_ old: RuntimePlan, _ new: RuntimePlan) -> [Difference] {
    let before = Dictionary(uniqueKeysWithValues: old.environment.map { ($0.name, $0.value) })
    let after = Dictionary(uniqueKeysWithValues: new.environment.map { ($0.name, $0.value) })
    return Set(before.keys).union(after.keys).sorted().compactMap { name in
      let place = after[name] == nil ? old.variableOrigins[name] : new.variableOrigins[name]
      return before[name] == after[name] ? nil : Difference(name, before[name], after[name], at: place)
    }
  }
}
