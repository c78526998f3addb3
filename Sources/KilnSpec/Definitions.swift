public import KilnDiagnostics

/// A value and the place that set it.
public struct Located<Value: Sendable & Hashable>: Sendable, Hashable {
  public let value: Value
  public let location: SourceLocation

  public init(_ value: Value, at location: SourceLocation) {
    self.value = value
    self.location = location
  }
}

/// Where a customer's images and machine start.
public struct BaseDefinition: Sendable, Hashable {
  public struct AzureImage: Sendable, Hashable {
    public let publisher: String
    public let offer: String
    /// Of generation 2.
    public let sku: String
    /// Nil where the base has no image of generation 1.
    public let generation1: String?
  }

  public let name: String
  public let summary: String
  public let image: String
  public let family: PackageFamily
  public let azure: AzureImage
  public let location: SourceLocation
}

/// A parameter of a component or a service.
public struct ParameterDefinition: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable { case string, integer, boolean, list, map }

  /// A key of the app whose value a parameter has where the spec sets none.
  public enum AppKey: String, Sendable, Hashable, CaseIterable {
    case port = "app.port"
    case workdir = "app.workdir"
    case domains = "app.domains"

    /// Of the parameters that may follow it.
    var kind: Kind {
      switch self {
      case .port: .integer
      case .workdir: .string
      case .domains: .list
      }
    }
  }

  public let name: String
  public let kind: Kind
  public let summary: String?
  public let fallback: SpecNode?
  public let fallbackByBase: [String: SpecNode]
  /// By the name of another component.
  public let fallbackWith: [String: SpecNode]
  /// Comes before the fallbacks.
  public let follows: AppKey?
  public let allowed: [String]
  public let allowedByBase: [String: [String]]
  public let pattern: String?
  /// Values that users may expect, and the one that includes each; empty for what is built in.
  public let instead: [String: String]
  /// What each key of a map matches.
  public let keyPattern: String?
  /// The bounds of an integer; nil where there is none.
  public let minimum: Int?
  public let maximum: Int?
  /// One that the spec must set, or one of its `conflicts`.
  public let isRequired: Bool
  /// Parameters of which the spec sets none where it sets this one.
  public let conflicts: [String]
  /// Parameters without which this one would do nothing.
  public let needs: [String]
  public let location: SourceLocation

  /// The value used on `base`, beside the components `present`, when the spec sets none.
  public func fallback(on base: String, beside present: Set<String> = []) -> SpecNode? {
    fallbackWith.filter { present.contains($0.key) }.min { $0.key < $1.key }?.value ?? fallbackByBase[base] ?? fallback
  }
  /// The values it takes on `base`; empty when any.
  public func allowed(on base: String) -> [String] { allowedByBase[base] ?? allowed }
}

/// A component as its file describes it; steps still hold `{{parameter}}`s.
public struct ComponentDefinition: Sendable, Hashable {
  public let name: String
  public let summary: String
  public let parameters: [ParameterDefinition]
  public let requires: [Located<String>]
  public let conflicts: [String]
  /// Components of which one is beside it; empty where it needs none.
  public let alternatives: [String]
  /// Lower ones are installed first; at least 0 and at most 99.
  public let order: Int
  /// Whether all of its steps come before the packages of other components.
  public let isBeforePackages: Bool
  public let bases: [String]
  public let steps: [SpecNode]
  public let verify: [SpecNode]
  public let location: SourceLocation
}

/// A name and its value, both text.
public struct NamedValue: Sendable, Hashable {
  public let name: String
  public let value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// A setting of a data service's configuration file.
public struct SettingDefinition: Sendable, Hashable {
  public let name: String
  public let type: String
  public let minimum: String?
  public let maximum: String?
  public let allowed: [String]
}

/// A data service as its file describes it.
public struct ServiceDefinition: Sendable, Hashable {
  public struct Configuration: Sendable, Hashable {
    public let path: String
    public let packagesPath: String
    public let format: String
    public let section: String?
    public let known: [SettingDefinition]
    public let fixed: [NamedValue]
    /// What a machine has instead, and more: there, nothing but the machine itself is to reach the service.
    public let machine: [NamedValue]
  }

  public struct Packages: Sendable, Hashable {
    public let bases: [String]
    public let steps: [SpecNode]
    public let command: SpecNode
    public let verify: [SpecNode]
  }

  public let name: String
  public let summary: String
  public let parameters: [ParameterDefinition]
  public let port: Int
  /// The folder that a volume is mounted on; nil for a service that keeps nothing.
  public let data: String?
  public let user: String
  public let group: String
  public let image: SpecNode?
  public let environment: SpecNode?
  public let secrets: [String]
  public let packages: Packages?
  /// How to find out whether a database takes a password.
  public struct Login: Sendable, Hashable {
    /// Shell, run in the service's container with `$host`, `$user`, `$database` and `$password`.
    public let script: String
    /// What the answer contains where the password is refused.
    public let refusal: String
  }

  /// How its data leaves it, and gets in again, while it runs.
  public struct Dump: Sendable, Hashable {
    /// The end of the dump's name, as in `sql`.
    public let suffix: String
    /// Nil for the service's own account.
    public let user: String?
    /// Shell, run in the service's container with `$user`, `$database` and `$password`; prints the dump.
    public let backup: String
    /// The same; reads the dump, which takes the place of all that is there.
    public let restore: String
  }

  /// Nil for a service that takes no settings.
  public let configuration: Configuration?
  public let health: SpecNode
  public let stopSignal: String
  public let command: SpecNode?
  public let entrypoint: String?
  /// The official image's variables for the database and account that the first start makes.
  public let databaseVariable: String?
  public let userVariable: String?
  /// Whether the official image refuses to start without a password.
  public let needsPassword: Bool
  public let login: Login?
  /// Nil for one whose data is what its volume holds.
  public let dump: Dump?
  public let location: SourceLocation
}

/// Everything a spec can name: from the catalog, and from the workspace, which comes first.
public struct Definitions: Sendable {
  public var bases: [String: BaseDefinition] = [:]
  public var components: [String: ComponentDefinition] = [:]
  public var services: [String: ServiceDefinition] = [:]
  /// What serves HTTPS on a developer's machine; the catalog's own.
  public var proxy: ComponentDefinition?
  /// Files of definitions that have errors, by the name that they would give.
  public var unusable: [String: String] = [:]
  /// Profiles as trees, unmerged.
  public var profiles: [String: SpecNode] = [:]
  /// Mustache templates by name.
  public var templates: [String: String] = [:]
  /// Files among the templates that can be none, and why.
  public var data: [String: String] = [:]

  public init() {}
}
