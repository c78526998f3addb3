import KilnDocuments

/// A Compose file: services on a network of their own, with no more rights than they need.
///
/// Everything that Compose would fill in is written out, so that `docker compose config` gives the file back as it is.
/// Source: the Compose specification. `$` in values is written `$$`; nothing is interpolated but what says so. Names of
/// networks and volumes begin with the project's name, which `docker compose --project-name` may change.
public struct ComposeFile: Sendable, Hashable {
  /// Which Compose reads it.
  public enum Form: Sendable, Hashable {
    /// Compose v2.
    case current
    /// Compose v2 and Compose 1.29, which Debian 12 has; whoever runs it names the project.
    case shared
  }

  /// Text that Compose may interpolate in one place.
  public enum Text: Sendable, Hashable {
    /// As it is, whatever is in it.
    case literal(String)
    /// `PREFIX${NAME:?message}SUFFIX`: a variable that whoever runs Compose sets.
    case required(prefix: String = "", name: String, message: String, suffix: String = "")

    var value: DocumentValue {
      switch self {
      case .literal(let text): .string(text.substituting("$", with: "$$"))
      case .required(let prefix, let name, let message, let suffix):
        .string(
          prefix.substituting("$", with: "$$") + "${\(name):?\(message)}" + suffix.substituting("$", with: "$$"))
      }
    }
  }

  /// A port of the service on this machine alone.
  public struct Port: Sendable, Hashable {
    /// The variable that says which port of the machine; without a value a free one.
    public let variable: String
    public let target: Int

    public init(variable: String, target: Int) {
      self.variable = variable
      self.target = target
    }

    func document(_ form: Form) -> DocumentValue {
      switch form {
      case .current:
        [
          "mode": "ingress", "host_ip": "127.0.0.1", "published": .string("${\(variable):-}"),
          "target": .integer(target), "protocol": "tcp",
        ]
      case .shared: .string("127.0.0.1:${\(variable):?kiln hosts apply sets it}:\(target)")
      }
    }
  }

  /// A secret as the service sees it: `/run/secrets/TARGET`.
  public struct SecretUse: Sendable, Hashable {
    public let source: String
    public let target: String

    public init(_ source: String, as target: String? = nil) {
      self.source = source
      self.target = target ?? source
    }
  }

  /// A secret, and the file of the machine that holds it.
  public struct Secret: Sendable, Hashable {
    public let name: String
    public let file: Text

    public init(_ name: String, from file: Text) {
      self.name = name
      self.file = file
    }
  }

  public struct Label: Sendable, Hashable {
    public let name: String
    public let value: Text

    public init(_ name: String, _ value: Text) {
      self.name = name
      self.value = value
    }
  }

  public struct Mount: Sendable, Hashable {
    public let volume: String
    public let target: String

    public init(_ volume: String, at target: String) {
      self.volume = volume
      self.target = target
    }
  }

  /// How the engine knows that a service is well, where its image does not say, or says it of another program.
  public enum Health: Sendable, Hashable {
    /// It runs. Compose does not wait for what has no check: this one asks for nothing.
    case running
    case command([String])

    var document: DocumentValue {
      let words =
        switch self {
        case .running: ["true"]
        case .command(let words): words
        }
      return [
        "test": .list([.string("CMD")] + words.map { Text.literal($0).value }), "timeout": "5s", "interval": "5s",
        "retries": 3, "start_period": "10s",
      ]
    }
  }

  public struct Service: Sendable, Hashable {
    public let name: String
    public let image: Text
    /// Nil for the image's own.
    public var command: [String]?
    /// Nil for the image's own.
    public var user: String?
    /// Nil for the image's own.
    public var health: Health?
    /// Nil for the image's own.
    public var stopSignal: String?
    /// Whether it runs only when it is asked for, and ends.
    public var isJob = false
    public var replicas = 1
    public var dependsOn: [String] = []
    public var environment: [DockerfileVariable] = []
    public var labels: [Label] = []
    /// The capabilities that it keeps; all others are dropped.
    public var capabilities: [String] = []
    public var ports: [Port] = []
    public var secrets: [SecretUse] = []
    public var volumes: [Mount] = []
    /// Processors, as in 1.5.
    public var cpus: Double?
    /// In bytes.
    public var memory: Int?
    /// How many processes and threads it may have.
    public var processes: Int?
    /// Whether its command is started by an init of the engine's, which passes signals on: as the first process of a
    /// container a program ignores those that it has no handler for.
    public var hasInit = false

    public init(_ name: String, image: Text) {
      self.name = name
      self.image = image
    }

    func document(_ form: Form) -> DocumentValue {
      var map: DocumentMap = ["image": image.value, "pull_policy": "never", "restart": isJob ? "no" : "unless-stopped"]
      if isJob { map["profiles"] = [.string(ComposeFile.jobs)] }
      if let user { map["user"] = Text.literal(user).value }
      if let command { map["command"] = .list(command.map { Text.literal($0).value }) }
      if hasInit { map["init"] = true }
      if let stopSignal { map["stop_signal"] = .string(stopSignal) }
      if let health { map["healthcheck"] = health.document }
      // Started once what it needs is well.
      if !dependsOn.isEmpty {
        map["depends_on"] = .map(
          DocumentMap(
            dependsOn.map {
              (
                $0,
                form == .shared ? ["condition": "service_healthy"] : ["condition": "service_healthy", "required": true]
              )
            }))
      }
      if !environment.isEmpty { map["environment"] = Self.values(environment) }
      if !labels.isEmpty { map["labels"] = ComposeFile.values(labels) }
      map["cap_drop"] = ["ALL"]
      if !capabilities.isEmpty { map["cap_add"] = .list(capabilities.map { .string($0) }) }
      map["security_opt"] = ["no-new-privileges:true"]
      if !ports.isEmpty { map["ports"] = .list(ports.map { $0.document(form) }) }
      if !secrets.isEmpty {
        map["secrets"] = .list(secrets.map { ["source": .string($0.source), "target": .string($0.target)] })
      }
      if !volumes.isEmpty {
        map["volumes"] = .list(
          volumes.map { ["type": "volume", "source": .string($0.volume), "target": Text.literal($0.target).value] })
      }
      switch form {
      case .current:
        addLimits(to: &map)
        map["networks"] = ["default": nil]
      case .shared: addSharedLimits(to: &map)
      }
      return .map(map)
    }

    private func addLimits(to map: inout DocumentMap) {
      guard cpus != nil || memory != nil || processes != nil else { return }
      var limits: DocumentMap = [:]
      if let cpus { limits["cpus"] = .decimal(cpus) }
      if let memory { limits["memory"] = .string(String(memory)) }
      if let processes { limits["pids"] = .integer(processes) }
      var deploy: DocumentMap = [:]
      if replicas > 1 { deploy["replicas"] = .integer(replicas) }
      deploy["resources"] = ["limits": .map(limits)]
      map["deploy"] = .map(deploy)
    }

    /// Compose 1.29 leaves `deploy` to Swarm.
    private func addSharedLimits(to map: inout DocumentMap) {
      if let cpus { map["cpus"] = .decimal(cpus) }
      if let memory { map["mem_limit"] = .string(String(memory)) }
      if let processes { map["pids_limit"] = .integer(processes) }
      if replicas > 1 { map["scale"] = .integer(replicas) }
    }

    private static func values(_ pairs: [DockerfileVariable]) -> DocumentValue {
      .map(DocumentMap(pairs.map { ($0.name, Text.literal($0.value).value) }))
    }
  }

  /// The profile of what runs only when it is asked for.
  public static let jobs = "jobs"

  public let name: String
  public var form = Form.current
  public var header: [String]
  public var services: [Service]
  public var volumes: [String]
  public var secrets: [Secret]
  /// Of the network and the volumes; services have their own.
  public var labels: [Label]

  public init(
    name: String, header: [String] = [], services: [Service], volumes: [String] = [],
    secrets: [Secret] = [], labels: [Label] = []
  ) {
    self.name = name
    self.header = header
    self.services = services
    self.volumes = volumes
    self.secrets = secrets
    self.labels = labels
  }

  /// What Compose calls a part of the project: Compose itself sets the variable.
  private func projectName(_ part: String) -> DocumentValue { .string("${COMPOSE_PROJECT_NAME}_\(part)") }

  private static func values(_ labels: [Label]) -> DocumentValue {
    .map(DocumentMap(labels.map { ($0.name, $0.value.value) }))
  }

  private func resource(_ part: String) -> DocumentValue {
    var map: DocumentMap = ["name": projectName(part)]
    if !labels.isEmpty { map["labels"] = Self.values(labels) }
    return .map(map)
  }

  public func render() -> String {
    YAMLRenderer(header: header, documentStart: false).render(.map(form == .shared ? sharedDocument : document))
  }

  private var document: DocumentMap {
    var map: DocumentMap = [
      "name": .string(name), "services": .map(DocumentMap(services.map { ($0.name, $0.document(form)) })),
    ]
    map["networks"] = ["default": resource("default")]
    if !volumes.isEmpty { map["volumes"] = .map(DocumentMap(volumes.map { ($0, resource($0)) })) }
    if !secrets.isEmpty {
      map["secrets"] = .map(
        DocumentMap(secrets.map { ($0.name, ["name": projectName($0.name), "file": $0.file.value]) }))
    }
    return map
  }

  private var sharedDocument: DocumentMap {
    var map: DocumentMap = ["services": .map(DocumentMap(services.map { ($0.name, $0.document(form)) }))]
    let own: DocumentMap = labels.isEmpty ? [:] : ["labels": Self.values(labels)]
    if !labels.isEmpty { map["networks"] = ["default": .map(own)] }
    if !volumes.isEmpty { map["volumes"] = .map(DocumentMap(volumes.map { ($0, .map(own)) })) }
    if !secrets.isEmpty { map["secrets"] = .map(DocumentMap(secrets.map { ($0.name, ["file": $0.file.value]) })) }
    return map
  }
}
