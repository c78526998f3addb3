public import KilnSpec
public import SystemPackage

/// Where an environment's machine, or a stage of it, is deployed in Azure.
public struct AzurePlan: Sendable, Hashable {
  /// Nil for an environment without stages.
  public let stage: String?
  /// It is there: Kiln makes none.
  public let resourceGroup: String
  /// Nil where `ARM_SUBSCRIPTION_ID` says it.
  public let subscription: String?
  /// Where the app answers, as in `https://acme.example`; nil where only the deployment knows.
  public let address: String?
  /// The id of a subnet that is there; nil for a network of the deployment's own.
  public let subnet: String?
  /// The scale set of the generated template; nil where the team has a template of its own.
  public let scaleSet: ScaleSet?
  /// The team's own parameters, relative to the workspace's root; nil for the generated ones.
  public let parameters: FilePath?

  public struct ScaleSet: Sendable, Hashable {
    public let name: String
    public let capacity: EnvironmentSpec.Capacity
  }

  /// How it is called where there are no stages.
  public static let onlyName = "default"
  public var name: String { stage ?? Self.onlyName }
}

extension EnvironmentPlan {
  /// One for each stage, or one; none where the machine is not deployed.
  public var azureDeployments: [AzurePlan] {
    guard let deployment = spec.azureDeployment, let machine else { return [] }
    let own = machine.spec.parameters.flatMap { $0.template == nil ? nil : $0 }
    func plan(_ stage: EnvironmentSpec.Stage?) -> AzurePlan {
      let domain = machine.app.flatMap { address(of: $0, in: stage?.name.value) }
      let said = (stage?.azure?.place.address ?? deployment.place.address)?.value
      let scaleSet = machine.spec.azure?.scaleSet.map { set in
        // In one resource group the stages' scale sets have names of their own.
        AzurePlan.ScaleSet(
          name: set.name.value + (stage.map { "-\($0.name.value)" } ?? ""), capacity: stage?.capacity ?? set.capacity)
      }
      return AzurePlan(
        stage: stage?.name.value, resourceGroup: spec.resourceGroup(of: stage).value,
        subscription: (stage?.azure?.place.subscription ?? deployment.place.subscription)?.value,
        address: said ?? domain.map { "\($0.scheme)://\($0.host)" },
        subnet: (stage?.azure?.place.subnet ?? deployment.place.subnet)?.value,
        scaleSet: own == nil ? scaleSet : nil,
        parameters: own.flatMap { stage?.azure?.parameters?.value ?? $0.files[0].value })
    }
    return spec.stages.isEmpty ? [plan(nil)] : spec.stages.map(plan)
  }

  /// Whether `kiln deploy` has anywhere to bring it.
  public var isDeployed: Bool { spec.kubernetes != nil || spec.azureDeployment != nil }

  /// Nil where there is no such stage, or the machine is not deployed.
  public func azureDeployment(at stage: String?) -> AzurePlan? { azureDeployments.first { $0.stage == stage } }
}

extension MachinePlan {
  /// Whether its web server has certificates of its own: the component `https`.
  public var servesHTTPS: Bool { runtime.components.contains { $0.name == "https" } }

  /// TCP ports that are asked for from outside.
  public var ports: [Int] {
    guard let port = app?.spec.port?.value else { return [] }
    return servesHTTPS && port != 443 ? [port, 443] : [port]
  }
}
