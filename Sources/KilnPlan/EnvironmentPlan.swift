public import KilnArtifacts
public import KilnDiagnostics
public import KilnSpec
import Synchronization

/// A customer's environment, resolved: every image and the machine as ordered steps, every name, every digest.
///
/// A value that nothing changes, kept in one place: fleets hand it around by the ten thousand.
public final class EnvironmentPlan: Sendable, Hashable {
  public let spec: EnvironmentSpec
  public var customer: String { spec.customer.value }
  /// The environment's own base, which services from packages stand on.
  public let base: BaseDefinition
  /// The environment's own runtime: that of all apps that have no other.
  public let runtime: RuntimePlan
  /// In the order of the spec.
  public let apps: [AppPlan]
  public let services: [ServicePlan]
  /// Nil where there is none.
  public let machine: MachinePlan?
  /// The registry that images are pushed to, without a slash at its end; nil for local names.
  public let registry: String?
  /// Images that were made from a fresh base since their recipes last changed.
  public let refreshes: ImageRefreshes
  /// `kiln.yaml`'s.
  public let clusters: [Cluster]

  /// The images of tests and helpers, each as an app's; nil where Kiln builds none.
  public let testing: EnvironmentPlan?

  /// Who reads which secret.
  public let secretUses: [SecretUse]

  /// Over the merged spec's values, whatever the order of its keys and the files they come from. Computed when asked.
  public var specDigest: ContentDigest {
    digests.value(of: .spec) {
      var digest = PlanDigest("spec")
      for setting in spec.sortedSettings { digest.add(setting) }
      return digest.digest
    }
  }

  /// Over the recipe of an app's image, and what its context is packed from but the files. Computed when asked; nil where
  /// no Dockerfile can carry it, which is reported when the plan is made.
  public func digest(of app: AppPlan) -> ContentDigest? { try? recipe(of: app) }

  /// - Throws: `RecipeError` for a value that no Dockerfile can carry.
  @discardableResult public func recipe(of app: AppPlan) throws(RecipeError) -> ContentDigest {
    try digests.value(of: .app(app.name)) { () throws(RecipeError) in try recipes.app(app, of: self) }
  }

  /// Over the recipe of the machine, but the files of the application. Computed when asked; nil where there is no machine.
  public var machineDigest: ContentDigest? {
    machine.map { machine in digests.value(of: .machine) { recipes.machine(machine, of: self) } }
  }

  /// Digests that were asked for.
  private final class Digests: Sendable {
    enum Subject: Hashable { case spec, machine, app(String) }
    private let known = Mutex<[(Subject, ContentDigest)]>([])

    func value<Failure: Error>(
      of subject: Subject, _ compute: () throws(Failure) -> ContentDigest
    ) throws(Failure) -> ContentDigest {
      if let digest = known.withLock({ $0.first { $0.0 == subject }?.1 }) { return digest }
      let digest = try compute()
      known.withLock { $0.append((subject, digest)) }
      return digest
    }
  }

  private let digests = Digests()
  private let recipes: any RecipeDigests

  init(
    spec: EnvironmentSpec, base: BaseDefinition, runtime: RuntimePlan, apps: [AppPlan], services: [ServicePlan],
    machine: MachinePlan?, registry: String?, refreshes: ImageRefreshes, clusters: [Cluster],
    recipes: any RecipeDigests, testing: EnvironmentPlan?
  ) {
    self.testing = testing
    self.spec = spec
    self.base = base
    self.runtime = runtime
    self.apps = apps
    self.services = services
    self.machine = machine
    self.registry = registry
    self.refreshes = refreshes
    self.clusters = clusters
    secretUses = Self.secretUses(spec, services)
    self.recipes = recipes
  }

  public static func == (one: EnvironmentPlan, other: EnvironmentPlan) -> Bool {
    one === other
      || one.spec == other.spec && one.runtime == other.runtime && one.apps == other.apps
        && one.services == other.services && one.machine == other.machine && one.registry == other.registry
        && one.refreshes == other.refreshes && one.clusters == other.clusters && one.testing == other.testing
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(spec)
    hasher.combine(runtime)
  }

  /// The runtimes that images are made of: those of the apps, each once; the environment's own where there is no app.
  public var runtimes: [RuntimePlan] {
    guard !apps.isEmpty else { return [runtime] }
    var ids: Set<String> = []
    return apps.map(\.runtime).filter { ids.insert($0.id).inserted }
  }

  /// The same and those that only tests stand on.
  public var allRuntimes: [RuntimePlan] {
    guard let testing else { return runtimes }
    var ids: Set<String> = []
    return (runtimes + testing.runtimes).filter { ids.insert($0.id).inserted }
  }

  /// Everything that is made from a source: the apps, and what only tests run.
  public var allApps: [AppPlan] { apps + (testing?.apps ?? []) }

  public func app(named name: String) -> AppPlan? { apps.first { $0.name == name } }

  /// The same plan with other refreshes.
  package func with(_ refreshes: ImageRefreshes) -> EnvironmentPlan {
    EnvironmentPlan(
      spec: spec, base: base, runtime: runtime, apps: apps, services: services, machine: machine,
      registry: registry, refreshes: refreshes, clusters: clusters, recipes: recipes,
      testing: testing?.with(refreshes))
  }

  /// The same plan with what apps are given in a stage; nil where there is no such stage. Images are the same.
  public func at(stage name: String) -> EnvironmentPlan? {
    guard let stage = spec.stages.first(where: { $0.name.value == name }) else { return nil }
    func staged(_ app: AppPlan) -> AppPlan {
      app.with(stage.apps.first { $0.app.value == app.name })
    }
    return EnvironmentPlan(
      spec: spec, base: base, runtime: runtime, apps: apps.map(staged), services: services,
      machine: machine.map {
        MachinePlan(spec: $0.spec, app: $0.app.map(staged), runtime: $0.runtime, services: $0.services)
      },
      registry: registry, refreshes: refreshes, clusters: clusters, recipes: recipes, testing: testing)
  }

  /// By which a running service is known to be the spec's: its recipe, and when its image was refreshed.
  public func digest(of service: ServicePlan) -> ContentDigest {
    refresh(of: service).map { ContentDigest(of: "\(service.digest) \($0)") } ?? service.digest
  }
}

/// The stable image: a base and components. Equal runtimes have one digest, whoever uses them.
public struct RuntimePlan: Sendable, Hashable {
  /// What it is made from.
  public struct Contents: Sendable, Hashable {
    public let base: BaseDefinition
    /// Each after those that it requires; those first that come before the packages of others, else by `order` and name.
    public let components: [ComponentPlan]
    /// Sorted by name.
    public let environment: [NamedValue]
  }

  public let contents: Contents
  public var base: BaseDefinition { contents.base }
  public var components: [ComponentPlan] { contents.components }
  public var environment: [NamedValue] { contents.environment }
  /// Over the recipe of the container's image.
  public let digest: ContentDigest
  /// Where the spec names the base, and each variable.
  public let baseOrigin: SourceLocation
  public let variableOrigins: [String: SourceLocation]

  /// Base and the digest's tag: folder below `runtimes` and tag.
  public var id: String { "\(base.name)-\(digest.tag)" }

  /// In the order in which they are done.
  public func steps(for side: Side) -> [PlannedStep] {
    contents.installation.flatMap(\.steps).filter { $0.isFor(side) }
  }
}

/// A component with its parameters filled in.
public struct ComponentPlan: Sendable, Hashable {
  /// A parameter's value and the file and line that set it.
  public struct Parameter: Sendable, Hashable {
    public let name: String
    public let value: SpecNode
    public let isDefault: Bool
  }

  public let name: String
  public let summary: String
  public let parameters: [Parameter]
  public let steps: [PlannedStep]
  public let checks: [Check]
  /// Whether all of its steps come before the packages of the others.
  public let isBeforePackages: Bool
  /// Where the spec names it, or the component that requires it.
  public let origin: SourceLocation
}

/// A data service's image.
public struct ServicePlan: Sendable, Hashable {
  public enum Source: Sendable, Hashable {
    /// The official image, configured.
    case image(String)
    /// The base's packages.
    case packages(steps: [PlannedStep], entrypoint: [UInt8]?)
  }

  /// A database, the account that may use it, and the secret that is its password.
  public struct Access: Sendable, Hashable {
    public let database: String
    public let user: String
    public let password: String
  }

  /// What its image is made from.
  public struct Contents: Sendable, Hashable {
    public let definition: ServiceDefinition
    public let source: Source
    public let environment: [NamedValue]
    /// Nil for the official image's own command.
    public let command: [String]?
    public let health: [String]
    /// Nil where the service takes no settings.
    public let configuration: Step.File?
  }

  public let contents: Contents
  public var definition: ServiceDefinition { contents.definition }
  public var source: Source { contents.source }
  public var environment: [NamedValue] { contents.environment }
  public var command: [String]? { contents.command }
  public var health: [String] { contents.health }
  public var configuration: Step.File? { contents.configuration }
  public var name: String { definition.name }
  var isFromPackages: Bool { if case .packages = source { true } else { false } }
  public let parameters: [ComponentPlan.Parameter]
  public let checks: [Check]
  /// As in `20Gi`.
  public let storage: String?
  public let limits: EnvironmentSpec.Limits?
  /// The database that the first start makes.
  public internal(set) var access: Access?
  /// Over the recipe of its image.
  public let digest: ContentDigest
  public let origin: SourceLocation
}
