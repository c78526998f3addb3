public import KilnArtifacts
public import KilnSpec

/// What an orchestrator runs of an environment: a data service, an application, or what runs beside it from its image.
/// Compose and Kubernetes are lowered from it, so that all run the same.
public struct Workload: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case service
    case app
    /// Beside an app, from its image.
    case worker
    /// Once for each deployment, before the new version serves.
    case migration
    /// By the clock.
    case schedule(PlannedSchedule)
    /// Examines an environment of its own, and ends.
    case test
    /// Beside tests that need it.
    case helper
  }

  public enum Image: Sendable, Hashable {
    case fixed(ImageReference)
    /// An application's: its tag is the digest of a packed context, which a plan does not know.
    case application(String, ImageRepository)
  }

  /// As which account its processes run.
  public enum Account: Sendable, Hashable {
    /// A web server that binds its port as root; its children run as another account.
    case webServer
    /// The image's own, or the named one, from the first process on.
    case own(String)
    /// An entrypoint that starts as root and becomes the service's account.
    case officialImage
  }

  /// How it is known to be well.
  public enum Health: Sendable, Hashable {
    /// As the image says.
    case image
    /// It runs.
    case running
    case command([String])
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
  public let kind: Kind
  public let image: Image
  /// Over the recipe of its image and how it is run; nil where no Dockerfile can carry the application.
  public let digest: ContentDigest?
  public let account: Account
  /// Nil for the image's own.
  public let command: [String]?
  public let health: Health
  public let replicas: Int
  public let environment: [NamedValue]
  /// As files below `SecretUse.folder`.
  public let secrets: [SecretUse]
  public let port: Int?
  public let volumes: [Volume]
  public let limits: EnvironmentSpec.Limits?
  /// The names of those that must be healthy before it starts.
  public let dependencies: [String]
  /// The app that it is, or belongs to; nil for a data service.
  public let app: String?
}

extension EnvironmentPlan {
  /// Data services first, then each application with its migrations, itself, its workers and its schedules.
  public var workloads: [Workload] {
    let services = services.map(workload)
    return services + apps.flatMap { workloads(of: $0, after: services.map(\.name)) }
  }

  private func workloads(of app: AppPlan, after services: [String]) -> [Workload] {
    let spec = app.spec
    let migrations = spec.migrations.map { job in
      workload(job.name.value, .migration, of: app, job.command.value, job.limits, after: services)
    }
    let own = workload(
      app, named: app.name, .app, command: nil,
      account: spec.command == nil ? .webServer : .own(spec.user.value), health: .image, app.limits,
      port: spec.port?.value, after: services)
    let workers = app.workers.map { worker, replicas, limits in
      workload(
        worker.name.value, .worker, of: app, worker.command.value, limits, replicas: replicas,
        health: worker.health.map { .command($0.value) } ?? .running, after: services)
    }
    let schedules = app.schedules.map { job, schedule in
      workload(
        job.name.value, .schedule(schedule), of: app, schedule.command(running: job.command.value), job.limits,
        health: .command(PlannedSchedule.health), environment: schedule.variables, after: services)
    }
    return migrations + [own] + workers + schedules
  }

  private func workload(
    _ name: String, _ kind: Workload.Kind, of app: AppPlan, _ command: [String], _ limits: EnvironmentSpec.Limits?,
    replicas: Int = 1, health: Workload.Health = .running, environment: [NamedValue] = [], after services: [String]
  ) -> Workload {
    workload(
      app, named: Self.workload(name, of: app.name), kind, command: command, account: .own(app.spec.user.value),
      health: health, limits, replicas: replicas, environment: environment, port: nil, after: services)
  }

  private func workload(
    _ app: AppPlan, named name: String, _ kind: Workload.Kind, command: [String]?, account: Workload.Account,
    health: Workload.Health, _ limits: EnvironmentSpec.Limits?, replicas: Int = 1, environment own: [NamedValue] = [],
    port: Int?, after services: [String]
  ) -> Workload {
    // The zone of a schedule is what the plan says, whatever zone the app's values name.
    let environment = own + app.values.filter { one in !own.contains { $0.name == one.name } }
    return Workload(
      name: name, kind: kind, image: .application(app.name, repository(of: app)),
      digest: digest(of: app).map { Self.digest($0, environment, command) }, account: account, command: command,
      health: health, replicas: replicas, environment: environment, secrets: secrets(of: .app(app.name)), port: port,
      volumes: app.spec.volumes.map { volume in
        .init(
          name: Self.volume(volume.name.value, of: app.name), path: volume.path.value, storage: volume.storage)
      }, limits: limits, dependencies: services, app: app.name)
  }

  /// By which a running workload is known to be the spec's: its image's recipe, and with what it runs.
  private static func digest(
    _ image: ContentDigest, _ environment: [NamedValue], _ command: [String]?
  ) -> ContentDigest {
    if environment.isEmpty, command == nil { return image }
    var digest = PlanDigest("workload")
    digest.add("image", image.hex)
    digest.add("environment", environment)
    digest.add("command", command ?? [])
    return digest.digest
  }

  private func workload(_ service: ServicePlan) -> Workload {
    Workload(
      name: service.name, kind: .service, image: .fixed(image(of: service)), digest: digest(of: service),
      account: service.isFromPackages ? .own(service.definition.user) : .officialImage, command: nil, health: .image,
      replicas: 1, environment: variables(of: service), secrets: secrets(of: .service(service.name)),
      port: service.definition.port,
      volumes: (service.definition.data.map {
        [.init(name: Self.volume(of: service.name), path: $0, storage: service.storage)]
      }) ?? [],
      limits: service.limits, dependencies: [], app: nil)
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

  /// What `--image` and `kiln plan` call the other images of a customer.
  public static let runtimeName = "runtime"
  public static let machineName = "machine"

  /// What they call a worker or a job of an app.
  public static func workload(_ name: String, of app: String) -> String { EnvironmentSpec.workload(name, of: app) }

  /// What they call the volume of a data service.
  public static func volume(of service: String) -> String { "\(service)-data" }

  /// What they call a volume of an app.
  public static func volume(_ name: String, of app: String) -> String { "\(app)-\(name)" }
}
