public import KilnDiagnostics
import KilnDocuments
public import SystemPackage

extension EnvironmentSpec {
  /// Where the machine's image is deployed in Azure.
  public struct AzureDeployment: Sendable, Hashable {
    public let place: AzurePlace
    /// Who administers the machines; nil where the team's own template says so.
    public let admin: AzureAdmin?
    public let location: SourceLocation
  }

  /// What the environment or a stage says of its place; nil for what it leaves to the other.
  public struct AzurePlace: Sendable, Hashable {
    public let resourceGroup: Located<String>?
    public let subscription: Located<String>?
    /// As in `https://acme.example`.
    public let address: Located<String>?
    /// The id of a subnet that is there.
    public let subnet: Located<String>?
  }

  public struct AzureAdmin: Sendable, Hashable {
    public enum Access: Sendable, Hashable {
      case sshKey(String)
      /// The name of a secret.
      case password(Located<String>)
    }
    public let user: Located<String>
    public let access: Access
  }

  public struct StageAzure: Sendable, Hashable {
    public let place: AzurePlace
    /// Of `machine.parameters.files`, relative to the workspace's root.
    public let parameters: Located<FilePath>?
    public let location: SourceLocation
  }

  /// How many machines a scale set has.
  public enum Capacity: Sendable, Hashable {
    case fixed(Int)
    /// As many as the use of processors asks for, in percent.
    case range(min: Int, max: Int, cpu: Int)

    public var minimum: Int {
      switch self {
      case .fixed(let count): count
      case .range(let min, _, _): min
      }
    }

    public var maximum: Int {
      switch self {
      case .fixed(let count): count
      case .range(_, let max, _): max
      }
    }

    /// As in `2 machines`, `2 to 10 machines`.
    public var phrase: String {
      switch self {
      case .fixed(let count): Phrase.count(count, "machine")
      case .range(let min, let max, _): "\(min) to \(max) machines"
      }
    }
  }

  /// The resource group of a stage, or of the environment where it has none.
  public func resourceGroup(of stage: Stage?) -> Located<String> {
    if let named = stage?.azure?.place.resourceGroup ?? azureDeployment?.place.resourceGroup { return named }
    guard let stage else { return customer }
    return Located("\(customer.value)-\(stage.name.value)", at: stage.name.location)
  }
}

extension EnvironmentSpec.AzurePlace {
  init(_ node: SpecNode) {
    resourceGroup = node.optional("resourceGroup")
    subscription = node.optional("subscription")
    address = node.optional("address")
    subnet = node.optional("subnet")
  }
}

extension EnvironmentSpec.AzureDeployment {
  init(_ node: SpecNode) {
    place = .init(node)
    admin = node["admin"].map { .init($0) }
    location = node.location
  }
}

extension EnvironmentSpec.AzureAdmin {
  init(_ node: SpecNode) {
    let node = Shape.azureAdmin.filled(node)
    user = node.required("user").locatedText
    access = node.optional("password").map { .password($0) } ?? .sshKey(node.required("sshKey").requiredText)
  }
}

extension EnvironmentSpec.StageAzure {
  init(_ node: SpecNode) {
    place = .init(node)
    parameters = node["parameters"]?.path
    location = node.location
  }
}

extension EnvironmentSpec.Capacity {
  init(_ node: SpecNode) {
    if node.entries == nil {
      self = .fixed(node.requiredInteger)
    } else {
      let node = Shape.capacityRange.filled(node)
      self = .range(
        min: node.required("min").requiredInteger, max: node.required("max").requiredInteger,
        cpu: node.required("cpu").requiredInteger)
    }
  }
}
