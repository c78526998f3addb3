import KilnDiagnostics
import KilnSpec

/// Whether what a web server listens on and serves is the app.
struct ServerRules {
  let app: EnvironmentSpec.App
  let components: [ComponentPlan]
  let definitions: Definitions
  let base: String?

  func problems() -> [Diagnostic] {
    components.flatMap { component -> [Diagnostic] in
      let parameters = definitions.components[component.name]?.parameters ?? []
      return parameters.flatMap { parameter -> [Diagnostic] in
        guard let key = parameter.follows, let plan = component.parameters.first(where: { $0.name == parameter.name })
        else { return [] }
        return plan.isDefault ? refused(parameter, key) : different(plan.value, parameter, key, component.name)
      }
    }
  }

  private func place(_ key: ParameterDefinition.AppKey) -> SourceLocation {
    switch key {
    case .port: app.port?.location ?? app.location
    case .workdir: app.workdir.location
    case .domains: app.domains.first?.location ?? app.location
    }
  }

  /// What the app says and the server cannot have.
  private func refused(_ parameter: ParameterDefinition, _ key: ParameterDefinition.AppKey) -> [Diagnostic] {
    // What no app can have is reported as that.
    guard key != .workdir || app.workdir.value != "/" && PathRules.problem(app.workdir.value) == nil else { return [] }
    let content: SpecNode.Content
    switch key {
    case .port:
      guard let port = app.port?.value else { return [] }
      content = .scalar(.init(text: String(port), isPlain: true))
    case .workdir: content = .scalar(.init(text: app.workdir.value, isPlain: false))
    case .domains: content = FollowedKeys.list(app.domains.map(\.value), at: place(key))
    }
    return ParameterChecker(parameter, base: base).problems(in: SpecNode(content, at: place(key))).map {
      Diagnostic(
        $0.id, $0.message, at: $0.location, suggestion: $0.suggestion,
        notes: [.init("it is \(key.rawValue) where the spec does not set it", at: parameter.location)])
    }
  }

  private func different(
    _ value: SpecNode, _ parameter: ParameterDefinition, _ key: ParameterDefinition.AppKey, _ component: String
  ) -> [Diagnostic] {
    let message: String
    switch key {
    case .port:
      guard let port = app.port?.value, let own = value.integer, own != port else { return [] }
      message = "\(app.path).port is \(port), but \(component) listens on \(own)"
    case .workdir:
      guard let root = value.scalar?.text, !Self.areRelated(root, app.workdir.value), !isFilled(root) else { return [] }
      message = "\(app.path).workdir is \(app.workdir.value), but \(component) serves \(root)"
    // Names that a machine has are not always all that the app has.
    case .domains: return []
    }
    return [
      Diagnostic(
        "spec.server-apart", message, severity: .warning, at: value.location,
        suggestion: "leave \"\(parameter.name)\" out: without it, it is \(key.rawValue)",
        notes: [.init(key.rawValue, at: place(key))])
    ]
  }

  /// Whether steps of the runtime put something into a folder: then it is served on purpose.
  private func isFilled(_ folder: String) -> Bool {
    components.flatMap(\.steps).flatMap(\.step.facts).contains { fact in
      switch fact {
      case .file(let path, _, _, _, _), .directory(let path, _, _, _), .link(let path, _), .exists(let path):
        path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
      case .package, .repository, .account, .variable: false
      }
    }
  }

  /// Whether one folder is the other, or is in it.
  private static func areRelated(_ one: String, _ other: String) -> Bool {
    let (a, b) = (one.split(separator: "/"), other.split(separator: "/"))
    return a.starts(with: b) || b.starts(with: a)
  }
}

/// What a machine serves by names, and has none.
struct DomainRules {
  let machine: MachinePlan
  let definitions: Definitions

  func problems() -> [Diagnostic] {
    machine.runtime.components.flatMap { component -> [Diagnostic] in
      let parameters = definitions.components[component.name]?.parameters ?? []
      return parameters.compactMap { parameter in
        guard parameter.follows == .domains,
          component.parameters.first(where: { $0.name == parameter.name })?.value.items?.isEmpty == true
        else { return nil }
        let app = machine.app?.spec
        return Diagnostic(
          "spec.no-domains",
          app.map { "\(component.name) serves domains, and \($0.path) has none" }
            ?? "\(component.name) serves domains, and the machine has no app",
          at: component.origin,
          suggestion: app.map { "name them, as in \($0.path): {domains: [care.acme.example]}" }
            ?? "describe the app under `apps`, or remove \(component.name)")
      }
    }
  }
}
