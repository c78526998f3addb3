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
  public let base: BaseDefinition
  public let runtime: RuntimePlan
  public let services: [ServicePlan]
  /// Services that the machine itself runs, from packages.
  public let machineServices: [ServicePlan]
  /// The registry that images are pushed to, without a slash at its end; nil for local names.
  public let registry: String?

  /// Over the merged spec's values, whatever the order of its keys and the files they come from. Computed when asked.
  public var specDigest: ContentDigest {
    digests.value(\.spec) {
      var digest = PlanDigest("spec")
      digest.add(spec.tree)
      return digest.digest
    }
  }

  /// Over the runtime and what the spec says of the application: what else it says changes nothing in the app's image.
  public var appDigest: ContentDigest {
    digests.value(\.app) {
      var digest = PlanDigest("app")
      digest.add("runtime", runtime.digest.hex)
      if let app = spec.tree["app"] { digest.add(Self.image(app)) }
      return digest.digest
    }
  }

  /// Digests that were asked for.
  private final class Digests: Sendable {
    struct Known {
      var spec: ContentDigest?
      var app: ContentDigest?
    }
    private let known = Mutex(Known())

    func value(_ path: WritableKeyPath<Known, ContentDigest?>, _ compute: () -> ContentDigest) -> ContentDigest {
      if let digest = known.withLock({ $0[keyPath: path] }) { return digest }
      let digest = compute()
      known.withLock { $0[keyPath: path] = digest }
      return digest
    }
  }

  private let digests = Digests()

  /// Over what a machine's image is made from, but the files of the application; nil where there is no machine.
  public var machineDigest: ContentDigest? {
    guard let machine = spec.tree["machine"] else { return nil }
    var digest = PlanDigest("machine")
    digest.add("runtime", runtime.machineDigest.hex)
    if let app = spec.tree["app"] { digest.add(Self.image(app)) }
    digest.add(machine)
    for service in machineServices {
      digest.add("service", service.digest.hex)
      if case .packages(let steps, _) = service.source { digest.add(steps, for: .machine) }
    }
    return digest.digest
  }

  /// What the spec says of an app that is in its image: not what is asked of it when it runs, nor what it may use.
  public static func image(_ app: SpecNode) -> SpecNode {
    SpecNode(.map((app.entries ?? []).filter { !["checks", "limits"].contains($0.key) }), at: app.location)
  }

  init(
    spec: EnvironmentSpec, base: BaseDefinition, runtime: RuntimePlan, services: [ServicePlan],
    machineServices: [ServicePlan], registry: String?
  ) {
    self.spec = spec
    self.base = base
    self.runtime = runtime
    self.services = services
    self.machineServices = machineServices
    self.registry = registry
  }

  public static func == (one: EnvironmentPlan, other: EnvironmentPlan) -> Bool {
    one === other
      || one.spec == other.spec && one.runtime == other.runtime && one.services == other.services
        && one.machineServices == other.machineServices && one.registry == other.registry
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(spec)
    hasher.combine(runtime)
  }

  /// The application's image, without a tag.
  public var appRepository: String { repository("\(customer)/app") }
  /// The runtime's image with its digest tag.
  public var runtimeImage: String { repository("kiln/runtime") + ":" + runtime.id }

  public func repository(_ name: String) -> String { registry.map { "\($0)/\(name)" } ?? name }
}

/// The stable image: a base and components. Equal runtimes have one digest, whoever uses them.
public struct RuntimePlan: Sendable, Hashable {
  public let base: BaseDefinition
  /// In the order in which they are installed.
  public let components: [ComponentPlan]
  /// Sorted by name.
  public let environment: [NamedValue]
  /// Over what the container's image is made from.
  public let digest: ContentDigest
  /// Over what a machine is made from.
  public let machineDigest: ContentDigest
  /// Where the spec names the base, and each variable.
  public let baseOrigin: SourceLocation
  public let variableOrigins: [String: SourceLocation]

  /// Base and the digest's first twelve digits: folder below `runtimes` and tag.
  public var id: String { "\(base.name)-\(digest.hex.prefix(12))" }

  public func steps(for side: Side) -> [PlannedStep] { components.flatMap(\.steps).filter { $0.isFor(side) } }
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

  /// What the spec says of a service that is in its image, or configures it.
  public static func image(_ service: SpecNode) -> SpecNode {
    let others = ["database", "limits", "password", "storage", "user"]
    return SpecNode(.map((service.entries ?? []).filter { !others.contains($0.key) }), at: service.location)
  }

  public let definition: ServiceDefinition
  public var name: String { definition.name }
  var isFromPackages: Bool { if case .packages = source { true } else { false } }
  public let parameters: [ComponentPlan.Parameter]
  public let source: Source
  public let environment: [NamedValue]
  /// Nil for the official image's own command.
  public let command: [String]?
  public let health: [String]
  public let configuration: Step.File
  public let checks: [Check]
  /// As in `20Gi`.
  public let storage: String?
  public let limits: EnvironmentSpec.Limits?
  /// The database that the first start makes.
  public internal(set) var access: Access?
  public let digest: ContentDigest
  public let origin: SourceLocation
}
