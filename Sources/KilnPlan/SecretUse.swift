import KilnSpec

/// Who reads a secret, and under which names: nobody else gets it.
public struct SecretUse: Sendable, Hashable {
  public enum Reader: Sendable, Hashable {
    /// An application's install commands, while its image or its machine is made.
    case build(String)
    /// An application, its workers and its jobs.
    case app(String)
    case service(String)
    /// The deployment parameters that a bake patches.
    case parameters
  }

  /// Where readers find their secrets, a file for each.
  public static let folder = "/run/secrets"
  /// The file of a data service's password.
  public static let password = "KILN_PASSWORD"

  public let reader: Reader
  /// The name of the reader's file.
  public let file: String
  /// The variable that holds the value where Kiln runs; a key vault's secret goes by its own name there.
  public let variable: String
  /// Whether the app reads it as a variable of the file's name, too.
  public let isVariable: Bool

  /// As in `/run/secrets/DB_PASSWORD`.
  public var path: String { "\(Self.folder)/\(file)" }

  package init(reader: Reader, file: String, variable: String, isVariable: Bool = false) {
    self.isVariable = isVariable
    self.reader = reader
    self.file = file
    self.variable = variable
  }
}

extension EnvironmentPlan {
  /// Data services first, then the application, its install commands, and deployment parameters.
  static func secretUses(_ spec: EnvironmentSpec, _ services: [ServicePlan]) -> [SecretUse] {
    func use(_ reader: SecretUse.Reader, of secret: EnvironmentSpec.Secret, as file: String) -> SecretUse {
      let isApp = if case .app = reader { true } else { false }
      var variable = secret.name.value
      if case .environment(let own) = secret.source { variable = own }
      return SecretUse(
        reader: reader, file: file, variable: variable,
        isVariable: isApp && secret.asVariable != nil)
    }
    var uses = services.compactMap { service in
      spec.secrets.first { $0.name.value == service.access?.password }
        .map { use(.service(service.name), of: $0, as: SecretUse.password) }
    }
    let deploying = spec.deploymentSecrets
    for app in spec.apps {
      let own = Set(spec.secrets(of: app))
      uses += spec.secrets.filter { own.contains($0.name.value) }.map {
        use(.app(app.name.value), of: $0, as: $0.name.value)
      }
      uses += app.buildSecrets.compactMap { name in
        spec.secrets.first { $0.name.value == name.value }.map {
          use(.build(app.name.value), of: $0, as: name.value)
        }
      }
    }
    return uses
      + spec.secrets.filter { deploying.contains($0.name.value) }.map { use(.parameters, of: $0, as: $0.name.value) }
  }

  /// Why a variable gives no value to the secrets that come from it; nil where it does.
  public func problem(ofVariable variable: String, in environment: [String: String]) -> String? {
    let value = environment[variable]
    guard (value ?? "").isEmpty else { return nil }
    let names = spec.secrets.filter { secret in
      if case .environment(let own) = secret.source { own == variable } else { secret.name.value == variable }
    }.map(\.name.value)
    let what = names.count == 1 ? "secret \(names[0])" : "secrets \(names.joined(separator: ", "))"
    return "the variable \(variable) is \(value == nil ? "not set" : "empty"); \(what) of \(customer) "
      + (names.count == 1 ? "needs it" : "need it")
  }

  /// Secrets that install commands of any app see.
  public var buildSecrets: [SecretUse] {
    secretUses.filter { if case .build = $0.reader { true } else { false } }
  }

  public func secrets(of reader: SecretUse.Reader) -> [SecretUse] { secretUses.filter { $0.reader == reader } }
}

extension EnvironmentSpec {
  /// The names of secrets that are deployment parameters.
  var deploymentSecrets: Set<String> {
    var names = Set((machine?.parameters?.uses ?? []).compactMap(\.secret))
    if case .password(let name) = azureDeployment?.admin?.access { names.insert(name.value) }
    return names
  }

  /// The names of the secrets that `app` reads: those that it names, else all that are neither a build's nor a deployment's.
  func secrets(of app: App) -> [String] {
    if let named = app.secrets { return named.map(\.value) }
    let others = deploymentSecrets.union(apps.flatMap { $0.buildSecrets.map(\.value) })
    return secrets.map(\.name.value).filter { !others.contains($0) }
  }
}
