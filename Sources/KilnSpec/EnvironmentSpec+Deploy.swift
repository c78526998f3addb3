public import KilnDiagnostics

extension EnvironmentSpec {
  /// Where the environment runs in Kubernetes.
  public struct Kubernetes: Sendable, Hashable {
    /// One of `kiln.yaml`'s; nil where the spec does not say.
    public let cluster: Located<String>?
    /// Nil for the customer's name, and the stage's behind it.
    public let namespace: Located<String>?
    public let settings: ClusterSettings
    /// What apps may reach besides the environment.
    public let egress: [Egress]
    public let location: SourceLocation
  }

  public struct Egress: Sendable, Hashable {
    public let cidr: Located<String>
    /// TCP; empty for all.
    public let ports: [Int]
  }

  /// How many of a program run.
  public enum Replicas: Sendable, Hashable {
    case fixed(Int)
    /// As many as the use of processors asks for, in percent of what they request.
    case range(min: Int, max: Int, cpu: Int)

    /// At least so many.
    public var minimum: Int {
      switch self {
      case .fixed(let count): count
      case .range(let min, _, _): min
      }
    }
  }

  public struct Stage: Sendable, Hashable {
    public let name: Located<String>
    /// The stage that a release must have passed.
    public let after: Located<String>?
    public let needsApproval: Bool
    public let cluster: Located<String>?
    public let namespace: Located<String>?
    /// Where its machines run, as far as it says so itself.
    public let azure: StageAzure?
    /// Of the scale set.
    public let capacity: Capacity?
    /// What apps are given instead, and more.
    public let apps: [StageApp]
    public let loadTests: [StageLoadTest]
  }

  /// An app in a stage; nil is as everywhere.
  public struct StageApp: Sendable, Hashable {
    public let app: Located<String>
    public let variables: [Variable]
    public let replicas: Located<Replicas>?
    public let limits: Limits?
    public let domains: [Located<String>]?
    public let workers: [StageWorker]
  }

  public struct StageWorker: Sendable, Hashable {
    public let name: Located<String>
    public let replicas: Int?
    public let limits: Limits?
  }
}

extension EnvironmentSpec {
  /// The namespace of a stage, or of the environment where it has none. It does not depend on which stages there are: a
  /// new one moves nobody's data.
  public func namespace(of stage: Stage?) -> Located<String> {
    if let named = stage?.namespace ?? kubernetes?.namespace { return named }
    guard let stage else { return customer }
    return Located("\(customer.value)-\(stage.name.value)", at: stage.name.location)
  }
}

/// What a cluster's administrator has named; nil for the cluster's own default.
public struct ClusterSettings: Sendable, Hashable {
  public let ingressClass: String?
  public let issuer: String?
  public let storageClass: String?
  public let pullSecret: String?

  init(_ node: SpecNode) {
    ingressClass = node["ingressClass"]?.requiredText
    issuer = node["issuer"]?.requiredText
    storageClass = node["storageClass"]?.requiredText
    pullSecret = node["pullSecret"]?.requiredText
  }

  private init(_ one: ClusterSettings, over other: ClusterSettings) {
    ingressClass = one.ingressClass ?? other.ingressClass
    issuer = one.issuer ?? other.issuer
    storageClass = one.storageClass ?? other.storageClass
    pullSecret = one.pullSecret ?? other.pullSecret
  }

  /// These, and `other`'s where these say nothing.
  public func over(_ other: ClusterSettings?) -> ClusterSettings {
    other.map { ClusterSettings(self, over: $0) } ?? self
  }
}

/// A Kubernetes cluster, from `kiln.yaml`.
public struct Cluster: Sendable, Hashable {
  public let name: Located<String>
  /// In the kubeconfig.
  public let context: String
  /// Where it pulls images from; nil where they are pushed to.
  public let registry: String?
  public let settings: ClusterSettings
  /// How secrets of key vaults are read.
  public let keyVault: KeyVaultAccess?

  /// What Prometheus asks.
  public let monitoring: Monitoring?

  public struct Monitoring: Sendable, Hashable {
    /// `HOST:PORT` of a blackbox exporter.
    public let exporter: String
    public let module: String
    public let labels: [String: String]
  }

  public struct KeyVaultAccess: Sendable, Hashable {
    public let tenant: String
    /// The client id of a managed identity.
    public let identity: String
  }

  package init(_ entry: SpecNode.Entry) {
    name = Located(entry.key, at: entry.keyLocation)
    context = entry.value.required("context").requiredText
    registry = entry.value["registry"]?.requiredText
    settings = ClusterSettings(entry.value)
    monitoring = entry.value["monitoring"].map { node in
      Monitoring(
        exporter: node.required("exporter").requiredText, module: node["module"]?.requiredText ?? "http_2xx",
        labels: Dictionary(
          uniqueKeysWithValues: (node["labels"]?.entries ?? []).map { ($0.key, $0.value.requiredText) }))
    }
    keyVault = entry.value["keyVault"].map {
      KeyVaultAccess(tenant: $0.required("tenant").requiredText, identity: $0.required("identity").requiredText)
    }
  }
}

extension EnvironmentSpec.Kubernetes {
  init(_ node: SpecNode) {
    let node = Shape.kubernetes.filled(node)
    cluster = node.optional("cluster")
    namespace = node.optional("namespace")
    settings = ClusterSettings(node)
    egress = (node.required("egress").items ?? []).map { node in
      .init(
        cidr: node.required("cidr").locatedText, ports: (node["ports"]?.items ?? []).map(\.requiredInteger))
    }
    location = node.location
  }
}

extension EnvironmentSpec.Replicas {
  init(_ node: SpecNode) {
    if node.entries == nil {
      self = .fixed(node.requiredInteger)
    } else {
      let node = Shape.replicaRange.filled(node)
      self = .range(
        min: node.required("min").requiredInteger, max: node.required("max").requiredInteger,
        cpu: node.required("cpu").requiredInteger)
    }
  }
}

extension EnvironmentSpec.Stage {
  init(_ entry: SpecNode.Entry) {
    let node = Shape.stage.filled(entry.value)
    name = Located(entry.key, at: entry.keyLocation)
    after = node.optional("after")
    needsApproval = node.required("approval").boolean ?? false
    cluster = node.required("kubernetes").optional("cluster")
    namespace = node.required("kubernetes").optional("namespace")
    azure = node["azure"].map { .init($0) }
    capacity = node["scaleSet"]?["capacity"].map { .init($0) }
    let only = node["app"].map { (Located(EnvironmentSpec.App.onlyName, at: $0.location), $0) }
    let named = (node["apps"]?.entries ?? []).map { (Located($0.key, at: $0.keyLocation), $0.value) }
    apps = ((only.map { [$0] } ?? []) + named).map { .init(app: $0, $1) }
    loadTests = EnvironmentSpec.StageLoadTest.all(node["load"])
  }
}

extension EnvironmentSpec.StageApp {
  fileprivate init(app: Located<String>, _ node: SpecNode) {
    self.app = app
    variables = node["environment"]?.variables ?? []
    replicas = node["replicas"].map { Located(EnvironmentSpec.Replicas($0), at: $0.location) }
    limits = node["limits"].map { .init($0) }
    domains = node["domains"]?.locatedTexts
    workers = (node["workers"]?.entries ?? []).map { entry in
      .init(
        name: Located(entry.key, at: entry.keyLocation), replicas: entry.value["replicas"]?.requiredInteger,
        limits: entry.value["limits"].map { .init($0) })
    }
  }
}
