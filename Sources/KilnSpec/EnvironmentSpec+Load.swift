public import KilnDiagnostics
public import SystemPackage

extension EnvironmentSpec {
  /// A load test as the spec says it.
  public struct LoadTest: Sendable, Hashable {
    /// What the only one is called.
    public static let onlyName = "load"

    public enum Source: Sendable, Hashable {
      case path(Located<String>)
      /// Relative to the workspace's root.
      case plan(Located<FilePath>)
    }

    public let name: Located<String>
    /// Whether it stands directly under `load`, without a name.
    public let isOnly: Bool
    /// Nil for the only app.
    public let app: Located<String>?
    public let source: Source
    public let settings: LoadSettings
    public let location: SourceLocation
  }

  /// What a stage may change of a load test; nil is as everywhere.
  public struct LoadSettings: Sendable, Hashable {
    public let users: Located<Int>?
    /// Requests per second.
    public let rate: Located<Double>?
    public let rampUp: Located<TimeSpan>?
    public let duration: Located<TimeSpan>?
    public let p95: Located<TimeSpan>?
    public let p99: Located<TimeSpan>?
    public let errors: Located<Percentage>?
    public let regression: Located<Percentage>?
  }

  public struct StageLoadTest: Sendable, Hashable {
    /// Nil for the only one.
    public let name: Located<String>?
    public let settings: LoadSettings
    public let location: SourceLocation
  }
}

extension EnvironmentSpec.LoadSettings {
  init(_ node: SpecNode) {
    users = node["users"].map { Located($0.requiredInteger, at: $0.location) }
    rate = node["rate"].flatMap { node in node.decimal.map { Located($0, at: node.location) } }
    func span(_ key: String) -> Located<TimeSpan>? {
      node[key].flatMap { node in TimeSpan(node.requiredText).map { Located($0, at: node.location) } }
    }
    func percentage(_ key: String) -> Located<Percentage>? {
      node[key].flatMap { node in Percentage(node.requiredText).map { Located($0, at: node.location) } }
    }
    rampUp = span("rampUp")
    duration = span("duration")
    p95 = span("p95")
    p99 = span("p99")
    errors = percentage("errors")
    regression = percentage("regression")
  }

  private init(_ one: Self, over other: Self) {
    users = one.users ?? other.users
    rate = one.rate ?? other.rate
    rampUp = one.rampUp ?? other.rampUp
    duration = one.duration ?? other.duration
    p95 = one.p95 ?? other.p95
    p99 = one.p99 ?? other.p99
    errors = one.errors ?? other.errors
    regression = one.regression ?? other.regression
  }

  /// These, and `other`'s where these say nothing.
  public func over(_ other: Self) -> Self { Self(self, over: other) }
}

extension EnvironmentSpec.LoadTest {
  private init(_ node: SpecNode, named name: Located<String>, isOnly: Bool) {
    self.name = name
    self.isOnly = isOnly
    app = node.optional("app")
    source = node["plan"].map { .plan($0.path) } ?? .path(node.required("path").locatedText)
    settings = .init(node)
    location = node.location
  }

  /// Those under `load`, in the order of the file.
  static func all(_ node: SpecNode?) -> [Self] {
    guard let node else { return [] }
    guard Shape.isNamed(node, Shape.loadTest) else {
      return [Self(node, named: Located(onlyName, at: node.location), isOnly: true)]
    }
    return (node.entries ?? []).map {
      Self($0.value, named: Located($0.key, at: $0.keyLocation), isOnly: false)
    }
  }
}

extension EnvironmentSpec.StageLoadTest {
  static func all(_ node: SpecNode?) -> [Self] {
    guard let node else { return [] }
    guard Shape.isNamed(node, Shape.loadTest) else {
      return [Self(name: nil, settings: .init(node), location: node.location)]
    }
    return (node.entries ?? []).map {
      Self(
        name: Located($0.key, at: $0.keyLocation), settings: .init($0.value), location: $0.keyLocation)
    }
  }
}
