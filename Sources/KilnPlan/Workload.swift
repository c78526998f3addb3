public import KilnArtifacts
public import KilnSpec

/// What an orchestrator runs of an environment: the application, or a data service. Compose and Kubernetes are lowered from
/// it, so that both run the same.
public struct Workload: Sendable, Hashable {
  public enum Image: Sendable, Hashable {
    case fixed(ImageReference)
    /// The application's: its tag is the digest of a packed context, which a plan does not know.
    case application(ImageRepository)
  }

  /// As which account its processes run.
  public enum Account: Sendable, Hashable {
    /// A web server that binds its port as root; its children run as another account.
    case webServer
    /// The service's own from the first process on.
    case own(String)
    /// An entrypoint that starts as root and becomes the service's account.
    case officialImage
  }

  /// Data that outlives the container.
  public struct Volume: Sendable, Hashable {
    public let name: String
    public let path: String
    /// As in `20Gi`.
    public let storage: String?
  }

  /// As other workloads call it.
  public let name: String
  public let image: Image
  /// Over the recipe of its image; nil where no Dockerfile can carry the application.
  public let digest: ContentDigest?
  public let account: Account
  public let environment: [NamedValue]
  /// As files below `SecretUse.folder`.
  public let secrets: [SecretUse]
  public let port: Int?
  public let volume: Volume?
  public let limits: EnvironmentSpec.Limits?
  /// The names of those that must be healthy before it starts.
  public let dependencies: [String]
}

extension EnvironmentPlan {
  /// Data services first, then the application.
  public var workloads: [Workload] {
    let services = services.map(workload)
    return services + (spec.app.map { [workload($0, after: services.map(\.name))] } ?? [])
  }

  private func workload(_ app: EnvironmentSpec.App, after services: [String]) -> Workload {
    Workload(
      name: Self.appService, image: .application(appRepository), digest: appDigest, account: .webServer,
      environment: [],
      secrets: secrets(of: .app), port: app.port?.value, volume: nil, limits: app.limits, dependencies: services)
  }

  private func workload(_ service: ServicePlan) -> Workload {
    Workload(
      name: service.name, image: .fixed(image(of: service)), digest: digest(of: service),
      account: service.isFromPackages ? .own(service.definition.user) : .officialImage,
      environment: variables(of: service), secrets: secrets(of: .service(service.name)), port: service.definition.port,
      volume: service.definition.data.map {
        .init(name: Self.volume(of: service.name), path: $0, storage: service.storage)
      },
      limits: service.limits, dependencies: [])
  }

  /// What the first start is told of the database that it makes.
  private func variables(of service: ServicePlan) -> [NamedValue] {
    guard let access = service.access else { return [] }
    if service.isFromPackages { return [.init("KILN_DATABASE", access.database), .init("KILN_USER", access.user)] }
    let names = [service.definition.databaseVariable, service.definition.userVariable]
    let values = zip(names, [access.database, access.user]).compactMap { name, value in
      name.map { NamedValue($0, value) }
    }
    return values + service.definition.secrets.map { .init($0, "\(SecretUse.folder)/\(SecretUse.password)") }
  }

  /// What Compose and Kubernetes call the app.
  public static let appService = "app"

  /// What `--image` and `kiln plan` call the other images of a customer.
  public static let runtimeName = "runtime"
  public static let machineName = "machine"

  /// What they call the volume of a data service.
  public static func volume(of service: String) -> String { "\(service)-data" }
}
