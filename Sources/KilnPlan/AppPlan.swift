import KilnDiagnostics
public import KilnSpec

/// An application and the runtime that it stands on.
public struct AppPlan: Sendable, Hashable {
  public let spec: EnvironmentSpec.App
  public let runtime: RuntimePlan

  /// Whether its container has nothing to run: neither a command nor a server of its runtime.
  public var isIdle: Bool {
    spec.command == nil
      && !runtime.steps(for: .container).contains { step in
        if case .service(let service) = step.step { !service.command.isEmpty } else { false }
      }
  }
  /// What to do about that.
  public static let idleAdvice =
    "nothing in its runtime runs: give the app a `command`, as in [node, server.js], or a component with a server"
  /// What a stage gives it instead, and more.
  private var stage: EnvironmentSpec.StageApp?
  public var name: String { spec.name.value }

  init(spec: EnvironmentSpec.App, runtime: RuntimePlan) {
    self.spec = spec
    self.runtime = runtime
  }

  func with(_ stage: EnvironmentSpec.StageApp?) -> AppPlan {
    var app = self
    app.stage = stage
    return app
  }

  public var domains: [Located<String>] { stage?.domains ?? spec.domains }
  public var limits: EnvironmentSpec.Limits? { stage?.limits ?? spec.limits }
  /// How many run in a cluster.
  public var replicas: EnvironmentSpec.Replicas { (stage?.replicas ?? spec.replicas)?.value ?? .fixed(1) }

  /// Its workers: how many run, and what each may use.
  public var workers: [(spec: EnvironmentSpec.Worker, replicas: Int, limits: EnvironmentSpec.Limits?)] {
    spec.workers.map { worker in
      let own = stage?.workers.first { $0.name.value == worker.name.value }
      return (worker, own?.replicas ?? worker.replicas, own?.limits ?? worker.limits)
    }
  }

  /// A folder that outlives containers and versions.
  public struct Volume: Sendable, Hashable {
    public let name: String
    public let path: String
    public let owner: String
    /// As in `20Gi`.
    public let storage: String?
  }

  public var volumes: [Volume] {
    spec.volumes.map { volume in
      Volume(
        name: volume.name.value, path: volume.path.value, owner: (volume.owner ?? spec.user).value,
        storage: volume.storage)
    }
  }

  /// What it, its workers and its jobs see when they run, sorted by name.
  public var values: [NamedValue] {
    let overrides = stage?.variables ?? []
    let own = spec.environment.filter { one in !overrides.contains { $0.name == one.name } }
    return (own + overrides).map { NamedValue($0.name, $0.value) }.sorted {
      $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
  }

  /// Jobs that run by the clock; a schedule that cannot be kept is reported.
  public var schedules: [(job: EnvironmentSpec.Job, schedule: PlannedSchedule)] {
    spec.jobs.compactMap { job in job.schedule.flatMap { PlannedSchedule($0) }.map { (job, $0) } }
  }

  /// Whether something keeps running beside it, from its image.
  public var hasCompanions: Bool { !spec.workers.isEmpty || spec.jobs.contains { $0.schedule != nil } }
}

/// The machine: an app and its runtime, and the data services that run on it.
public struct MachinePlan: Sendable, Hashable {
  public let spec: EnvironmentSpec.Machine
  /// Nil where there is none.
  public let app: AppPlan?
  public let runtime: RuntimePlan
  /// From packages.
  public let services: [ServicePlan]
  public var base: BaseDefinition { runtime.base }
}
