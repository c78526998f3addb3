import KilnDocuments

/// A Compose file for Compose v2: services on a network of their own.
///
/// Everything that Compose would fill in is written out, so that `docker compose config` gives the file back as it is.
/// Source: the Compose specification. `$` in values is written `$$`; nothing is interpolated but what says so.
public struct ComposeFile: Sendable, Hashable {
  /// Text that Compose may interpolate in one place.
  public enum Text: Sendable, Hashable {
    /// As it is, whatever is in it.
    case literal(String)
    /// `PREFIX${NAME:?message}`: a variable that whoever runs Compose sets.
    case required(prefix: String, name: String, message: String)

    var value: DocumentValue {
      switch self {
      case .literal(let text): .string(text.substituting("$", with: "$$"))
      case .required(let prefix, let name, let message):
        .string(prefix.substituting("$", with: "$$") + "${\(name):?\(message)}")
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

  /// A secret, and the variable of the environment that holds it while Compose runs.
  public struct Secret: Sendable, Hashable {
    public let name: String
    public let variable: String

    public init(_ name: String, from variable: String) {
      self.name = name
      self.variable = variable
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

  public struct Service: Sendable, Hashable {
    public let name: String
    public let image: Text
    public var dependsOn: [String] = []
    public var environment: [DockerfileVariable] = []
    public var labels: [DockerfileVariable] = []
    public var ports: [Port] = []
    public var secrets: [SecretUse] = []
    public var volumes: [Mount] = []
    /// Processors, as in 1.5.
    public var cpus: Double?
    /// In bytes.
    public var memory: Int?

    public init(_ name: String, image: Text) {
      self.name = name
      self.image = image
    }

    var document: DocumentValue {
      var map: DocumentMap = ["image": image.value, "pull_policy": "never", "restart": "unless-stopped"]
      // Started once what it needs is well.
      if !dependsOn.isEmpty {
        map["depends_on"] = .map(
          DocumentMap(dependsOn.map { ($0, ["condition": "service_healthy", "required": true]) }))
      }
      if !environment.isEmpty { map["environment"] = Self.values(environment) }
      if !labels.isEmpty { map["labels"] = Self.values(labels) }
      if !ports.isEmpty {
        map["ports"] = .list(
          ports.map {
            [
              "mode": "ingress", "host_ip": "127.0.0.1", "published": .string("${\($0.variable):-}"),
              "target": .integer($0.target), "protocol": "tcp",
            ]
          })
      }
      if !secrets.isEmpty {
        map["secrets"] = .list(secrets.map { ["source": .string($0.source), "target": .string($0.target)] })
      }
      if !volumes.isEmpty {
        map["volumes"] = .list(
          volumes.map { ["type": "volume", "source": .string($0.volume), "target": Text.literal($0.target).value] })
      }
      if cpus != nil || memory != nil {
        var limits: DocumentMap = [:]
        if let cpus { limits["cpus"] = .decimal(cpus) }
        if let memory { limits["memory"] = .string(String(memory)) }
        map["deploy"] = ["resources": ["limits": .map(limits)]]
      }
      map["networks"] = ["default": nil]
      return .map(map)
    }

    private static func values(_ pairs: [DockerfileVariable]) -> DocumentValue {
      .map(DocumentMap(pairs.map { ($0.name, Text.literal($0.value).value) }))
    }
  }

  public let name: String
  public var header: [String]
  public var services: [Service]
  public var volumes: [String]
  public var secrets: [Secret]

  public init(
    name: String, header: [String] = [], services: [Service], volumes: [String] = [],
    secrets: [Secret] = []
  ) {
    self.name = name
    self.header = header
    self.services = services
    self.volumes = volumes
    self.secrets = secrets
  }

  public func render() -> String {
    var map: DocumentMap = [
      "name": .string(name), "services": .map(DocumentMap(services.map { ($0.name, $0.document) })),
    ]
    map["networks"] = ["default": ["name": .string("\(name)_default")]]
    if !volumes.isEmpty {
      map["volumes"] = .map(DocumentMap(volumes.map { ($0, ["name": .string("\(name)_\($0)")]) }))
    }
    if !secrets.isEmpty {
      map["secrets"] = .map(
        DocumentMap(
          secrets.map { ($0.name, ["name": .string("\(name)_\($0.name)"), "environment": .string($0.variable)]) }))
    }
    return YAMLRenderer(header: header, documentStart: false).render(.map(map))
  }
}
