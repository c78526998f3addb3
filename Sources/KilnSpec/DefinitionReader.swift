package import KilnDiagnostics

/// Turns checked trees of definition files into definitions.
package struct DefinitionReader {
  package var definitions = Definitions()
  package private(set) var problems: [Diagnostic] = []

  package enum Kind: String { case base, component, service, profile }

  package init() {}

  /// Checks `root` and adds what it defines under `name`, replacing what had the name.
  package mutating func add(_ kind: Kind, _ name: String, _ root: SpecNode) {
    let shape: Shape =
      switch kind {
      case .base: .base
      case .component: .component
      case .service: .service
      case .profile: .environment
      }
    let found = ShapeChecker(isPartial: kind == .profile).problems(in: root, shape)
    problems += found
    if kind == .profile, let customer = root.entry("customer") {
      problems.append(
        Diagnostic(
          "spec.unknown-key", "unknown key \"customer\" in a profile", at: customer.keyLocation,
          suggestion: "a profile serves many customers; say it in the environment"))
    }
    guard !found.hasErrors else {
      lose(kind, name, file: root.location.file)
      return
    }
    let root = kind == .profile ? root : shape.filled(root)
    switch kind {
    case .base: definitions.bases[name] = base(name, root)
    case .component:
      let component = component(name, root)
      problems += PlaceholderChecker(parameters: component.parameters).problems(
        steps: component.steps + component.verify)
      problems += parameterProblems(component.parameters, isComponent: true)
      definitions.components[name] = component
    case .service:
      let service = service(name, root)
      let nodes = (service.packages?.steps ?? []) + (service.packages?.verify ?? [])
      let checker = PlaceholderChecker(parameters: service.parameters)
      problems += checker.problems(steps: nodes)
      let others = [service.image, service.environment, service.command, service.packages?.command, service.health]
      problems += others.compactMap { $0 }.flatMap { checker.problems(in: $0, bound: []) }
      problems += parameterProblems(service.parameters, isComponent: false)
      if let dump = root.entry("dump"), service.data == nil {
        problems.append(
          Diagnostic(
            "spec.conflict", "\(name) keeps no data that `dump` could carry", at: dump.keyLocation,
            suggestion: "`data` is the folder that its volume is mounted on"))
      }
      definitions.services[name] = service
    case .profile:
      problems += CustomerPlaceholder.misspelt(in: root)
      definitions.profiles[name] = root
    }
  }

  /// Of the catalog, which is tested: specs cannot name it.
  package mutating func addProxy(_ name: String, _ root: SpecNode) {
    definitions.proxy = component(name, Shape.component.filled(root))
  }

  /// `file` would define `name` and cannot be used; what has the name in the catalog is not meant either.
  ///
  /// - Parameter kind: Nil where that is not known: a base, a component or a service.
  mutating func lose(_ kind: Kind?, _ name: String, file: String) {
    definitions.unusable[name] = file
    if kind == .profile {
      definitions.profiles[name] = nil
    } else {
      definitions.bases[name] = nil
      definitions.components[name] = nil
      definitions.services[name] = nil
    }
  }

  private func base(_ name: String, _ root: SpecNode) -> BaseDefinition {
    let azure = root["azure"]
    guard let family = PackageFamily(rawValue: root.text("family")) else {
      preconditionFailure("the shape of a base takes other families than there are")
    }
    return BaseDefinition(
      name: name, summary: root.text("summary"), image: root.text("image"),
      family: family,
      azure: .init(
        publisher: azure?.text("publisher") ?? "", offer: azure?.text("offer") ?? "", sku: azure?.text("sku") ?? "",
        generation1: azure?["generation1"]?.scalar?.text),
      location: root.location)
  }

  private func component(_ name: String, _ root: SpecNode) -> ComponentDefinition {
    ComponentDefinition(
      name: name, summary: root.text("summary"), parameters: parameters(root),
      requires: (root["requires"]?.items ?? []).map { Located($0.scalar?.text ?? "", at: $0.location) },
      conflicts: root.texts("conflicts"), alternatives: root.texts("requiresOneOf"),
      order: root.required("order").integer ?? 0,
      isBeforePackages: root.required("beforePackages").boolean ?? false, bases: root.texts("bases"),
      steps: root["steps"]?.items ?? [],
      verify: root["verify"]?.items ?? [], location: root.location)
  }

  private func parameters(_ root: SpecNode) -> [ParameterDefinition] {
    (root["parameters"]?.entries ?? []).map { entry in
      let node = entry.value
      return ParameterDefinition(
        name: entry.key, kind: .init(rawValue: node.text("type")) ?? .string, summary: node["summary"]?.scalar?.text,
        fallback: node["default"],
        fallbackByBase: Dictionary((node["defaultByBase"]?.entries ?? []).map { ($0.key, $0.value) }) { a, _ in a },
        fallbackWith: Dictionary((node["defaultWith"]?.entries ?? []).map { ($0.key, $0.value) }) { a, _ in a },
        follows: node["follows"]?.scalar.flatMap { .init(rawValue: $0.text) },
        allowed: node.texts("allowed"),
        allowedByBase: Dictionary(
          (node["allowedByBase"]?.entries ?? []).map { ($0.key, ($0.value.items ?? []).compactMap { $0.scalar?.text }) }
        ) { a, _ in a },
        pattern: node["pattern"]?.scalar?.text,
        instead: Dictionary((node["instead"]?.namedValues ?? []).map { ($0.name, $0.value) }) { a, _ in a },
        keyPattern: node["keys"]?.scalar?.text,
        minimum: node["minimum"]?.integer, maximum: node["maximum"]?.integer,
        isRequired: node["required"]?.boolean ?? false, conflicts: node.texts("conflicts"),
        needs: node.texts("needs"),
        location: entry.keyLocation)
    }
  }

  /// Defaults and patterns that could never work are found when the file is read, not when it is used.
  private func parameterProblems(_ parameters: [ParameterDefinition], isComponent: Bool) -> [Diagnostic] {
    let names = Set(parameters.map(\.name))
    return parameters.flatMap { parameter -> [Diagnostic] in
      var found: [Diagnostic] = []
      for pattern in [parameter.pattern, parameter.keyPattern].compactMap({ $0 }) {
        guard let problem = TextPattern.problem(pattern) else { continue }
        found.append(
          Diagnostic(
            "catalog.pattern", "\(ShapeChecker.shown(pattern)) is no pattern", at: parameter.location,
            suggestion: problem))
        return found
      }
      if let problem = followProblem(parameter, isComponent) {
        found.append(Diagnostic("spec.conflict", problem, at: parameter.location))
        return found
      }
      if let name = (parameter.conflicts + parameter.needs).first(where: { !names.contains($0) }) {
        found.append(
          Diagnostic("spec.conflict", "there is no parameter \(ShapeChecker.shown(name))", at: parameter.location))
        return found
      }
      if let problem = boundsProblem(parameter) {
        found.append(Diagnostic("spec.conflict", problem, at: parameter.location))
        return found
      }
      let fallbacks = [parameter.fallback].compactMap { $0 } + parameter.fallbackByBase.values
      for fallback in fallbacks + parameter.fallbackWith.values {
        found += ParameterChecker(parameter, base: nil).problems(in: fallback)
      }
      return found
    }
  }

  private func followProblem(_ parameter: ParameterDefinition, _ isComponent: Bool) -> String? {
    guard let key = parameter.follows else { return nil }
    if !isComponent { return "a service does not follow the app: `follows` is for components" }
    return parameter.kind == key.kind ? nil : "\(key.rawValue) is for parameters of type \(key.kind.rawValue)"
  }

  private func boundsProblem(_ parameter: ParameterDefinition) -> String? {
    guard parameter.minimum != nil || parameter.maximum != nil else { return nil }
    if parameter.kind != .integer { return "minimum and maximum are for parameters of type integer" }
    if let least = parameter.minimum, let most = parameter.maximum, least > most {
      return "the minimum \(least) is greater than the maximum \(most)"
    }
    return nil
  }

  private func configuration(_ node: SpecNode) -> ServiceDefinition.Configuration {
    let known = (node["known"]?.entries ?? []).map { entry in
      SettingDefinition(
        name: entry.key, type: entry.value.text("type"), minimum: entry.value["minimum"]?.scalar?.text,
        maximum: entry.value["maximum"]?.scalar?.text, allowed: entry.value.texts("allowed"))
    }
    let path = node.text("path")
    return .init(
      path: path, packagesPath: node["packagesPath"]?.scalar?.text ?? path, format: node.text("format"),
      section: node["section"]?.scalar?.text, known: known,
      fixed: (node["fixed"]?.entries ?? []).map { NamedValue($0.key, $0.value.scalar?.text ?? "") },
      machine: (node["machine"]?.entries ?? []).map { NamedValue($0.key, $0.value.scalar?.text ?? "") })
  }

  private func service(_ name: String, _ root: SpecNode) -> ServiceDefinition {
    let initialisation = root["initialisation"]
    return ServiceDefinition(
      name: name, summary: root.text("summary"), parameters: parameters(root), port: root.required("port").integer ?? 0,
      data: root["data"]?.scalar?.text, user: root.text("user"),
      group: root["group"]?.scalar?.text ?? root.text("user"), image: root["image"], environment: root["environment"],
      secrets: root.texts("secrets"),
      packages: root["packages"].map {
        .init(
          bases: $0.texts("bases"), steps: $0["steps"]?.items ?? [], command: $0.required("command"),
          verify: $0["verify"]?.items ?? [])
      },
      configuration: root["configuration"].map(configuration),
      health: root.required("health"), stopSignal: root.text("stopSignal"),
      command: root["command"],
      entrypoint: initialisation?["entrypoint"]?.scalar?.text,
      databaseVariable: initialisation?["database"]?.scalar?.text,
      userVariable: initialisation?["user"]?.scalar?.text,
      needsPassword: initialisation?["needsPassword"]?.boolean ?? false,
      login: initialisation?["login"].map { .init(script: $0.text("script"), refusal: $0.text("refusal")) },
      dump: root["dump"].map {
        .init(
          suffix: $0.text("extension"), user: $0["user"]?.scalar?.text, backup: $0.text("backup"),
          restore: $0.text("restore"))
      },
      location: root.location)
  }
}
