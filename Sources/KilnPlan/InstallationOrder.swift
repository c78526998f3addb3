import KilnSpec

/// Some steps of a component that are done in one go.
public struct ComponentPart: Sendable, Hashable {
  public let component: ComponentPlan
  public let steps: ArraySlice<PlannedStep>
}

extension RuntimePlan.Contents {
  /// All steps, in the order in which container and machine do them: what takes long and many customers share comes first,
  /// so that a change of a setting or of one customer's packages makes few layers anew.
  ///
  /// First the components that set up package sources, whole; then the packages of each component, then the packages that
  /// it adds to these, as extensions; then whatever else the components do.
  public var installation: [ComponentPart] {
    let first = components.prefix(while: \.isBeforePackages)
    let parts = components.dropFirst(first.count).map(\.installationParts)
    return
      (first.map { ComponentPart(component: $0, steps: $0.steps[...]) } + parts.map(\.main) + parts.map(\.added)
      + parts.map(\.rest)).filter { !$0.steps.isEmpty }
  }
}

extension ComponentPlan {
  /// Its packages with their repositories; packages that it adds; all that follows the first step of another kind.
  fileprivate var installationParts: (main: ComponentPart, added: ComponentPart, rest: ComponentPart) {
    let leading = steps.prefix { $0.step.isInstallation }
    let repositories = leading.lastIndex { if case .repository = $0.step { true } else { false } } ?? leading.startIndex
    let first = leading[repositories...].firstIndex { if case .packages = $0.step { true } else { false } }
    let end = first.map { $0 + 1 } ?? leading.endIndex
    return (
      ComponentPart(component: self, steps: leading[..<end]), ComponentPart(component: self, steps: leading[end...]),
      ComponentPart(component: self, steps: steps[leading.endIndex...])
    )
  }
}

extension [PlannedStep] {
  /// Whether a repository is named after steps that come later than the packages of others.
  var haveLateRepository: Bool {
    drop { $0.step.isInstallation }.contains { if case .repository = $0.step { true } else { false } }
  }
}

extension Step {
  fileprivate var isInstallation: Bool {
    switch self {
    case .packages, .repository: true
    default: false
    }
  }
}
