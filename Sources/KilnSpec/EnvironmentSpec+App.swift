public import KilnDiagnostics
public import SystemPackage

extension EnvironmentSpec {
  /// An application, and what runs beside it from the same image.
  public struct App: Sendable, Hashable {
    /// What `app: …` is called.
    public static let onlyName = "app"

    public let name: Located<String>
    /// Where the spec describes it: `app` or `apps.NAME`.
    public let path: SpecPath
    /// Relative to the workspace's root.
    public let source: Located<FilePath>
    public let overlays: [Located<FilePath>]
    /// Nil where it stands on the environment's.
    public let runtime: Runtime?
    public let install: [InstallCommand]
    public let buildSecrets: [Located<String>]
    /// What the install commands see.
    public let buildEnvironment: [Variable]
    public let workdir: Located<String>
    public let port: Located<Int>?
    public let health: Located<String>?
    /// What it sees when it runs.
    public let environment: [Variable]
    /// The secrets that it reads; nil for all that are nobody else's.
    public let secrets: [Located<String>]?
    public let checks: [PageCheck]
    /// The names by which browsers reach it.
    public let domains: [Located<String>]
    /// Nil where the spec does not say: one.
    public let replicas: Located<Replicas>?
    public let limits: Limits?
    public let tokens: Tokens?
    /// What it runs; nil for what the runtime's components run.
    public let command: Located<[String]>?
    /// The account of the command, of workers and of jobs.
    public let user: Located<String>
    public let volumes: [Volume]
    public let workers: [Worker]
    public let jobs: [Job]
    /// Whether `user` may write beside its sources, as tests do.
    public let ownsSources: Bool
    public let location: SourceLocation
  }

  /// A command that makes an app ready in its image.
  public struct InstallCommand: Sendable, Hashable {
    public let command: String
    /// Paths in the source that it reads; empty where it reads any.
    public let needs: [Located<String>]
    public let location: SourceLocation
  }

  /// A page that must answer.
  public struct PageCheck: Sendable, Hashable {
    public let path: String
    public let status: Int
    public let content: String?
    public let location: SourceLocation
  }

  /// What a container may use of the machine.
  public struct Limits: Sendable, Hashable {
    public let cpus: Double?
    /// In bytes.
    public let memory: Located<Int>?
  }

  public struct Tokens: Sendable, Hashable {
    /// Relative to the app's source.
    public let files: [Located<String>]
    public let values: [Variable]
  }

  /// A folder that outlives containers and versions.
  public struct Volume: Sendable, Hashable {
    public let name: Located<String>
    public let path: Located<String>
    /// As in `20Gi`.
    public let storage: String?
    /// Whether a cluster may mount it on several nodes at once; nil where the spec does not say: no.
    public let isForManyNodes: Located<Bool>?
    /// Nil for the app's account.
    public let owner: Located<String>?
  }

  /// A program that runs beside an app.
  public struct Worker: Sendable, Hashable {
    public let name: Located<String>
    public let command: Located<[String]>
    public let replicas: Int
    public let limits: Limits?
    /// A command; nil where running is being healthy.
    public let health: Located<[String]>?
  }

  /// A program that ends.
  public struct Job: Sendable, Hashable {
    public enum Time: Sendable, Hashable {
      /// Once for each deployment, before the new version serves.
      case beforeDeploy
      case schedule(Schedule)
    }

    public let name: Located<String>
    public let command: Located<[String]>
    public let time: Time
    /// Where it stands beside `run`, which no clock decides.
    public let idleTimeZone: SourceLocation?
    public let limits: Limits?
  }

  /// When a job runs by the clock.
  public struct Schedule: Sendable, Hashable {
    /// As cron writes it.
    public let text: Located<String>
    /// An IANA time zone; nil for UTC.
    public let timeZone: Located<String>?
  }

  /// Nil where there is none of that name.
  public func app(named name: String) -> App? { apps.first { $0.name.value == name } }
}

extension EnvironmentSpec.App {
  /// Jobs that run once for each deployment, in the order of the file.
  public var migrations: [EnvironmentSpec.Job] { jobs.filter { $0.time == .beforeDeploy } }
}

extension EnvironmentSpec.Job {
  /// Nil for one that runs with a deployment.
  public var schedule: EnvironmentSpec.Schedule? {
    if case .schedule(let schedule) = time { schedule } else { nil }
  }
}
