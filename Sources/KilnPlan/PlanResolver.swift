import KilnArtifacts
public import KilnDiagnostics
import KilnDocuments
public import KilnSpec

/// Resolves an environment's spec against the definitions.
public struct PlanResolver: Sendable {
  /// Reads a file below the workspace's parent: a path relative to the workspace's root, and who names it.
  public typealias ReadFile =
    @Sendable (_ path: String, _ location: SourceLocation) -> Result<[UInt8], DiagnosticsError>

  let definitions: Definitions
  let registry: Located<String>?
  let refreshes: ImageRefreshes
  let clusters: [Cluster]
  let recipes: any RecipeDigests
  let readFile: ReadFile
  let cache = ResolutionCache()

  public init(
    definitions: Definitions, registry: Located<String>?, refreshes: ImageRefreshes = ImageRefreshes(),
    clusters: [Cluster] = [], recipes: any RecipeDigests, readFile: @escaping ReadFile
  ) {
    self.definitions = definitions
    self.registry = registry
    self.refreshes = refreshes
    self.clusters = clusters
    self.recipes = recipes
    self.readFile = readFile
  }

  /// The plan, or nil with at least one error; warnings may stand beside a plan.
  public func resolve(_ spec: EnvironmentSpec) -> (plan: EnvironmentPlan?, problems: [Diagnostic]) {
    var resolution = Resolution(resolver: self, spec: spec)
    let plan = resolution.plan()
    let problems = resolution.problems.inCanonicalOrder()
    return (problems.hasErrors ? nil : plan, problems)
  }
}

/// The resolving of one spec.
struct Resolution {
  let resolver: PlanResolver
  let spec: EnvironmentSpec
  /// What parameters of components follow.
  var followed = FollowedKeys(nil)
  var problems: [Diagnostic] = []
  /// The environment's, which tests without one of their own stand on: theirs follows no test.
  private var shared: RuntimePlan?
  var definitions: Definitions { resolver.definitions }
  var checker: UseChecker { UseChecker(definitions) }

  init(resolver: PlanResolver, spec: EnvironmentSpec) {
    self.resolver = resolver
    self.spec = spec
  }

  mutating func plan() -> EnvironmentPlan? {
    let base = base(spec.runtime.base)
    let apps = spec.apps.map { app -> (spec: EnvironmentSpec.App, runtime: RuntimePlan?) in
      _ = variables(app.buildEnvironment, in: "app")
      problems += app.environment.compactMap(spec.problem)
      if app.runtime == nil, let shared { return (spec: app, runtime: shared) }
      return (spec: app, runtime: self.runtime(app.runtime ?? spec.runtime, following: app))
    }
    let machineApp = machineApp()
    // Its parameters follow an app that stands on it.
    let runtime =
      if let shared { shared } else if let app = apps.first(where: { $0.spec.runtime == nil }) { app.runtime } else {
        self.runtime(spec.runtime, following: nil)
      }
    problems += SpecRules(spec: spec, definitions: definitions, registry: resolver.registry).problems()
    for (app, runtime) in apps {
      // What a runtime's server would serve is no concern of a program's that runs instead.
      guard let runtime, shared == nil else { continue }
      problems += ServerRules(
        app: app, components: runtime.components, definitions: definitions, base: runtime.base.name
      ).problems()
    }
    let services = spec.services.compactMap { service($0, on: base, fromPackages: false) }
    let machineBase = machineApp?.runtime.map { definitions.bases[$0.base.value] } ?? base
    var machineServices: [ServicePlan] = []
    for name in spec.machine?.services ?? [] {
      guard let use = spec.services.first(where: { $0.name.value == name.value }) else {
        problems.append(checker.unknownMachineService(name, among: spec.services.map(\.name.value)))
        continue
      }
      if let plan = service(use, on: machineBase, fromPackages: true, namedAt: name.location) {
        machineServices.append(plan)
      }
    }
    // Several apps on one runtime have the same problems.
    var seen: Set<Diagnostic> = []
    problems = problems.filter { seen.insert($0).inserted }
    let plans = apps.compactMap { app, runtime in runtime.map { AppPlan(spec: app, runtime: $0) } }
    guard let base, let runtime, plans.count == apps.count else { return nil }
    var machine: MachinePlan?
    if let spec = spec.machine {
      let app = machineApp.flatMap { app in plans.first { $0.name == app.name.value } }
      let plan = MachinePlan(spec: spec, app: app, runtime: app?.runtime ?? runtime, services: machineServices)
      problems += unitProblems(plan) + DiskRules.problems(plan)
      problems += DomainRules(machine: plan, definitions: definitions).problems()
      machine = plan
    }
    let testing = testing(on: runtime)
    let plan = EnvironmentPlan(
      spec: spec, base: base, runtime: runtime, apps: plans, services: services, machine: machine,
      registry: (spec.registry ?? resolver.registry)?.value, refreshes: resolver.refreshes, clusters: resolver.clusters,
      recipes: resolver.recipes, testing: testing)
    problems += KubernetesRules(spec: spec, clusters: resolver.clusters, plan: plan).problems()
    problems += StageRules(spec: spec).problems() + AzureRules(spec: spec, plan: plan).problems()
    // What is wrong already is not reported twice.
    if !problems.hasErrors {
      for app in plans {
        do throws(RecipeError) {
          try plan.recipe(of: app)
        } catch {
          problems.append(error.diagnostic(at: app.spec.location))
        }
      }
    }
    return plan
  }

  /// The images of tests and helpers.
  private mutating func testing(on runtime: RuntimePlan) -> EnvironmentPlan? {
    problems += TestRules(spec).problems()
    guard let testing = spec.testing else { return nil }
    var own = Resolution(resolver: resolver, spec: testing)
    own.shared = runtime
    let plan = own.plan()
    // What is wrong with the environment's own runtime or names is reported already.
    let known = Set(problems)
    problems += own.problems.filter { !known.contains($0) }
    return plan
  }

  private func unitProblems(_ machine: MachinePlan) -> [Diagnostic] {
    let services = machine.services.compactMap { plan in
      machine.spec.services.first { $0.value == plan.name }.map { (plan: plan, origin: $0.location) }
    }
    return UnitRules(
      components: machine.runtime.components, services: services, definitions: definitions
    ).problems()
  }

  /// The app that the machine runs: the one that it names, or the only one.
  private mutating func machineApp() -> EnvironmentSpec.App? {
    guard let machine = spec.machine else { return nil }
    let names = spec.apps.map(\.name.value)
    guard let name = machine.app else {
      if spec.apps.count > 1 {
        problems.append(
          Diagnostic(
            "spec.machine-app", "a machine runs one app, and the environment has \(spec.apps.count)",
            at: machine.location, suggestion: "name it: app: \(Phrase.alternatives(names))"))
      }
      return spec.apps.first
    }
    if let app = spec.app(named: name.value) { return app }
    problems.append(
      Diagnostic(
        "spec.machine-app", "there is no app \"\(name.value)\"", at: name.location,
        suggestion: nearest(to: name.value, among: names).map { "did you mean \"\($0)\"?" }
          ?? (names.isEmpty ? "describe it under `apps`" : "there are: \(Phrase.list(names))")))
    return nil
  }

  /// A runtime; customers whose specs say it in the same places, as by a profile, share one.
  private mutating func runtime(
    _ runtime: EnvironmentSpec.Runtime, following app: EnvironmentSpec.App?
  ) -> RuntimePlan? {
    let followed = FollowedKeys(app, of: runtime.components.map(\.name.value), definitions)
    let base = base(runtime.base)
    let (plan, found) = resolver.cache.runtime(.init(runtime: runtime, followed: followed)) {
      var own = Resolution(resolver: resolver, spec: spec)
      own.followed = followed
      let components = own.components(runtime.components, on: base) + own.ownPackages(runtime, on: base)
      own.problems += FileRules(components: components).problems()
      let environment = own.variables(runtime.environment, in: "runtime")
      guard let base else { return (nil, own.problems) }
      // Nothing is lowered that has an error already.
      guard !own.problems.hasErrors else { return (nil, own.problems) }
      let contents = RuntimePlan.Contents(base: base, components: components, environment: environment)
      let digest: ContentDigest
      do throws(RecipeError) {
        digest = try resolver.cache.digest(contents.key) { () throws(RecipeError) in
          try resolver.recipes.runtime(contents)
        }
      } catch {
        return (nil, own.problems + [error.diagnostic(at: runtime.base.location)])
      }
      let origins = runtime.environment.map { ($0.name, $0.location) }
      return (
        RuntimePlan(
          contents: contents, digest: digest, baseOrigin: runtime.base.location,
          variableOrigins: Dictionary(origins, uniquingKeysWith: { $1 })), own.problems
      )
    }
    problems += found
    return plan
  }

  private mutating func base(_ name: Located<String>) -> BaseDefinition? {
    if let base = definitions.bases[name.value] { return base }
    problems.append(checker.unknown("base", name, among: Array(definitions.bases.keys), id: "spec.unknown-base"))
    return nil
  }

  private mutating func variables(_ variables: [EnvironmentSpec.Variable], in place: String) -> [NamedValue] {
    for variable in variables {
      if let problem = EnvironmentRules.problem(variable.value) {
        problems.append(
          Diagnostic(
            "spec.unrepresentable", "\(variable.name) \(problem)", at: variable.location,
            suggestion: "put such a value into a file"))
      }
    }
    return variables.map { NamedValue($0.name, $0.value) }.sorted {
      $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
  }

  /// Parameters of `definition` from what the spec says, the rest by default.
  mutating func parameters(
    _ definitions: [ParameterDefinition], of owner: String, from node: SpecNode?, on base: BaseDefinition?,
    besides: [String] = [], beside present: Set<String> = [], at location: SourceLocation
  ) -> [ComponentPlan.Parameter] {
    problems += checker.problems(
      in: node, definitions, of: owner, base: base?.name, besides: besides, at: location)
    guard node == nil || node?.entries != nil else { return [] }
    return definitions.compactMap { definition in
      if let value = node?[definition.name] { return .init(name: definition.name, value: value, isDefault: false) }
      if let value = followed.value(of: definition, on: base?.name) {
        return .init(name: definition.name, value: value, isDefault: true)
      }
      if let value = definition.fallback(on: base?.name ?? "", beside: present) {
        return .init(name: definition.name, value: value, isDefault: true)
      }
      guard !definition.isRequired || definition.conflicts.contains(where: { node?[$0] != nil }) else { return nil }
      let empty: SpecNode.Content =
        switch definition.kind {
        case .list: .list([])
        case .map: .map([])
        case .string, .integer, .boolean: .scalar(.init(text: "", isPlain: false))
        }
      return .init(name: definition.name, value: SpecNode(empty, at: definition.location), isDefault: true)
    }
  }

  func stepResolver(_ parameters: [ComponentPlan.Parameter], on base: BaseDefinition?) -> StepResolver {
    let read = resolver.readFile
    return StepResolver(
      parameters: parameters, family: base?.family ?? .debian, definitions: definitions
    ) { path, location in
      let folder = location.file.split(separator: "/").dropLast().joined(separator: "/")
      return read(folder.isEmpty ? path : "\(folder)/\(path)", location)
    }
  }
}
