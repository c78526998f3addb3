import KilnArtifacts
import KilnDiagnostics
import KilnSpec

extension Resolution {
  /// - Parameter fromPackages: For the machine, which has no other way.
  mutating func service(
    _ use: EnvironmentSpec.ServiceUse, on base: BaseDefinition?, fromPackages: Bool,
    namedAt place: SourceLocation? = nil
  ) -> ServicePlan? {
    let key = ResolutionCache.ServiceKey(use: use, base: base?.name, fromPackages: fromPackages, place: place)
    let (plan, found) = resolver.cache.service(key) {
      var own = Resolution(resolver: resolver, spec: spec)
      let plan = own.resolve(use, on: base, fromPackages: fromPackages, namedAt: place)
      return (plan, own.problems)
    }
    problems += found
    guard var plan else { return nil }
    // What names the customer's secrets is each one's own.
    if !fromPackages { plan.access = access(use, plan.definition, plan.isFromPackages) }
    return plan
  }

  private mutating func resolve(
    _ use: EnvironmentSpec.ServiceUse, on base: BaseDefinition?, fromPackages: Bool, namedAt place: SourceLocation?
  ) -> ServicePlan? {
    guard let definition = definitions.services[use.name.value] else {
      problems.append(checker.unknownService(use.name))
      return nil
    }
    let before = problems.count
    let parameters = parameters(
      definition.parameters, of: use.name.value, from: use.parameters, on: base, at: use.name.location)
    let settings = settings(use.settings, definition, isOnMachine: fromPackages)
    if definition.data == nil, use.storage != nil {
      problems.append(
        Diagnostic(
          "spec.no-data", "\(definition.name) keeps no data that `storage` could hold", at: use.name.location,
          suggestion: "remove `storage`"))
    }
    guard !problems[before...].hasErrors else { return nil }
    let isFromPackages = fromPackages || use.source.value == .packages || definition.image == nil
    if isFromPackages, !supportsPackages(definition, base, at: place ?? use.source.location) {
      return nil
    }
    // What is installed on an unknown base is not known either.
    if isFromPackages, base == nil { return nil }
    var resolver = stepResolver(parameters, on: base)
    var entrypoint: [UInt8]?
    var steps: [PlannedStep] = []
    var checks: [Check] = []
    if isFromPackages, let packages = definition.packages {
      steps = resolver.steps(packages.steps)
      checks = resolver.checks(packages.verify)
      entrypoint = self.entrypoint(definition, parameters)
    }
    let image = isFromPackages ? "" : definition.image.map { resolver.text($0) } ?? ""
    let command =
      isFromPackages
      ? definition.packages.map { resolver.words($0.command) } : definition.command.map { resolver.words($0) }
    let health = resolver.words(definition.health)
    let environment =
      isFromPackages
      ? [] : (definition.environment?.namedValues ?? []).map { NamedValue($0.name, resolver.fill($0.value)) }
    problems += resolver.problems.map { $0.moved(to: use.name.location) }
    let source: ServicePlan.Source =
      isFromPackages ? .packages(steps: steps, entrypoint: entrypoint) : .image(image)
    problems += unusable(source, environment, (command ?? []) + health, at: use.name.location)
    guard !problems[before...].hasErrors else { return nil }
    let configuration = definition.configuration.map { configuration in
      Step.File(
        path: isFromPackages ? configuration.packagesPath : configuration.path,
        content: Array(SettingsFile(configuration).render(settings).utf8))
    }
    let contents = ServicePlan.Contents(
      definition: definition, source: source, environment: environment, command: command, health: health,
      configuration: configuration)
    // Without a base there is no plan; what else is wrong with the service is reported all the same.
    var digest = ContentDigest(of: "")
    do throws(RecipeError) {
      if let base {
        digest = try self.resolver.cache.digest(contents.key(on: base, parameters)) { () throws(RecipeError) in
          try self.resolver.recipes.service(contents, on: base)
        }
      }
    } catch {
      problems.append(error.diagnostic(at: use.name.location))
      return nil
    }
    return ServicePlan(
      contents: contents, parameters: parameters, checks: checks, storage: use.storage, limits: use.limits,
      digest: digest,
      origin: use.name.location)
  }

  /// What a definition's text became that no document can carry, once its parameters were filled in.
  private func unusable(
    _ source: ServicePlan.Source, _ environment: [NamedValue], _ words: [String], at location: SourceLocation
  ) -> [Diagnostic] {
    var found: [Diagnostic] = []
    func refuse(_ what: String, _ rule: String) {
      found.append(Diagnostic("spec.step-value", what, at: location, suggestion: rule))
    }
    if case .image(let image) = source, ImageReference(image) == nil {
      refuse("image: \"\(image)\" is no image reference", "[HOST/]PATH[:TAG][@DIGEST]")
    }
    for variable in environment {
      if let problem = EnvironmentRules.problem(variable.value) {
        refuse("environment: \(variable.name) \(problem)", "put such a value into a file")
      }
    }
    if words.contains(where: { $0.utf8.contains(0) }) { refuse("command: a word has a NUL byte", "take it out") }
    return found
  }

  /// All three or none, and only where the first start can make them.
  private mutating func access(
    _ use: EnvironmentSpec.ServiceUse, _ definition: ServiceDefinition, _ isFromPackages: Bool
  ) -> ServicePlan
    .Access?
  {
    let keys = ["database", "user", "password"]
    let values = [use.database, use.user, use.password]
    guard let first = values.compactMap({ $0 }).first else {
      if definition.needsPassword, !isFromPackages { problems.append(noPassword(use, definition)) }
      return nil
    }
    guard isFromPackages ? definition.entrypoint != nil : definition.databaseVariable != nil else {
      let source = isFromPackages && definition.databaseVariable != nil ? " from packages" : ""
      problems.append(
        Diagnostic(
          "spec.no-database", "\(definition.name)\(source) makes no database at its first start", at: first.location,
          suggestion: isFromPackages && definition.databaseVariable != nil
            ? "its official image does: from: image" : nil))
      return nil
    }
    guard let database = values[0], let user = values[1], let password = values[2] else {
      let missing = zip(keys, values).filter { $0.1 == nil }.map(\.0).joined(separator: " and ")
      problems.append(
        Diagnostic(
          "spec.no-database", "\(definition.name) lacks \(missing)", at: use.name.location,
          suggestion: "database, user and password go together"))
      return nil
    }
    let secrets = spec.secrets.map(\.name.value)
    if !secrets.contains(password.value) {
      problems.append(
        Diagnostic(
          "spec.unknown-secret", "there is no secret \"\(password.value)\"", at: password.location,
          suggestion: nearest(to: password.value, among: secrets).map { "did you mean \"\($0)\"?" }
            ?? "describe it under secrets"))
    }
    return ServicePlan.Access(database: database.value, user: user.value, password: password.value)
  }

  private func noPassword(_ use: EnvironmentSpec.ServiceUse, _ definition: ServiceDefinition) -> Diagnostic {
    let name = definition.name
    let packages = definition.packages?.bases.contains(spec.runtime.base.value) ?? false
    return Diagnostic(
      "spec.no-password", "\(name)'s official image does not start without a password", at: use.name.location,
      suggestion: "\(name): {database: …, user: …, password: NAME} with NAME under secrets"
        + (packages ? ", or from: packages" : ""))
  }

  private mutating func supportsPackages(
    _ definition: ServiceDefinition, _ base: BaseDefinition?, at location: SourceLocation
  ) -> Bool {
    let bases = definition.packages?.bases ?? []
    guard let base, !bases.contains(base.name) else { return true }
    problems.append(
      Diagnostic(
        "spec.no-packages", "\(base.name) has no packages of \(definition.name)", at: location,
        suggestion: bases.isEmpty
          ? "use its official image: from: image" : "there are for: \(bases.joined(separator: ", "))"))
    return false
  }

  private mutating func entrypoint(_ definition: ServiceDefinition, _ parameters: [ComponentPlan.Parameter]) -> [UInt8]?
  {
    guard let name = definition.entrypoint else { return nil }
    let template: String
    do throws(DiagnosticsError) { template = try definitions.template(name, at: definition.location) } catch {
      problems += error.diagnostics
      return nil
    }
    do {
      var steps = 0
      return Array(try FileTemplate.render(template, parameters, steps: &steps).utf8)
    } catch {
      problems.append(
        Diagnostic("catalog.template", "file template \"\(name)\": \(error.text)", at: definition.location))
      return nil
    }
  }

  /// The fixed settings and the spec's, checked, sorted by name.
  private mutating func settings(
    _ uses: [EnvironmentSpec.ServiceUse.Setting], _ definition: ServiceDefinition, isOnMachine: Bool
  ) -> [NamedValue] {
    let configuration = definition.configuration
    let own = (configuration?.fixed ?? []) + (isOnMachine ? configuration?.machine ?? [] : [])
    var values = Dictionary(own.map { ($0.name, $0) }) { _, last in last }
    let known = Dictionary((configuration?.known ?? []).map { ($0.name, $0) }) { first, _ in first }
    let fixed = Set(values.keys)
    for use in uses {
      let name = use.name.value
      guard let setting = known[name] else {
        let isFixed = fixed.contains(name)
        let names = (configuration?.known ?? []).prefix(UseChecker.nearLimit).map(\.name)
        let near = nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
        problems.append(
          Diagnostic(
            "spec.unknown-setting",
            isFixed
              ? "Kiln sets \"\(name)\" of \(definition.name) itself" : "\(definition.name) has no setting \"\(name)\"",
            at: use.name.location,
            suggestion: near
              ?? (configuration == nil ? "it takes none" : "`kiln components \(definition.name)` lists them")))
        continue
      }
      if let rule = SettingRules.problem(use.value.value, setting) {
        problems.append(
          Diagnostic(
            "spec.setting-value", "\(name) cannot be \"\(use.value.value)\"", at: use.value.location, suggestion: rule))
      }
      values[name] = NamedValue(name, use.value.value)
    }
    return values.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}
