import KilnArtifacts
package import KilnConsole
package import KilnDeploy
import KilnDiagnostics
package import KilnPlan
import KilnProcesses
import KilnSpec
package import KilnWorkspace
package import SystemPackage

/// A stage of a customer's machine, and what asks Azure of it.
package struct MachineTarget: Sendable {
  package let loaded: LoadedWorkspace
  /// At the stage.
  package let plan: EnvironmentPlan
  package let deployment: AzurePlan
  let context: CommandContext
  let clock: DeployClock

  /// - Throws: `deploy.target`, `input.stage` where the spec names no place.
  package init(
    _ loaded: LoadedWorkspace, _ plan: EnvironmentPlan, stage: String?, _ context: CommandContext,
    clock: DeployClock = .system
  ) throws {
    self.loaded = loaded
    self.context = context
    self.clock = clock
    self.plan = try stage.map { try plan.stage(named: $0) } ?? plan
    let stages = plan.spec.stages.map(\.name.value)
    guard plan.spec.azureDeployment != nil else {
      throw CommandError(
        "deploy.target", "the machine of \(plan.customer) is not deployed", help: "describe it: deploy: {azure: {…}}")
    }
    guard let deployment = plan.azureDeployment(at: stage) else {
      throw CommandError(
        "input.stage", "\(plan.customer) has stages: say which", help: "--stage \(stages.joined(separator: "|"))")
    }
    self.deployment = deployment
  }

  /// All stages of a plan; none where its machine is not deployed.
  static func all(
    _ loaded: LoadedWorkspace, _ plan: EnvironmentPlan, _ context: CommandContext
  ) throws -> [MachineTarget] {
    guard plan.spec.azureDeployment != nil else { return [] }
    let stages: [String?] = plan.spec.stages.isEmpty ? [nil] : plan.spec.stages.map(\.name.value)
    return try stages.map { try MachineTarget(loaded, plan, stage: $0, context) }
  }

  /// As in `acme in qa`.
  package var title: String { deployment.stage.map { "\(plan.customer) in \($0)" } ?? plan.customer }

  /// - Throws: `deploy.azure-login` where nothing says which subscription it is, or half a service principal is set.
  func subscription() throws -> String {
    var missing = AzureSession.missing(context.environment)
    let subscription = deployment.subscription ?? context.environment["ARM_SUBSCRIPTION_ID"] ?? ""
    if subscription.isEmpty { missing.append("ARM_SUBSCRIPTION_ID") }
    guard missing.isEmpty else {
      throw CommandError(
        missing.map { Diagnostic("deploy.azure-login", "the variable \($0) is not set; Azure needs it") },
        kind: .problem)
    }
    return subscription
  }

  func records(_ az: AzureCLI, _ folder: FilePath) -> MachineRecords {
    MachineRecords(az, customer: plan.customer, stage: deployment.stage, folder: folder)
  }

  /// Runs `body` with a private folder and somebody who is logged in.
  /// - Parameter group: A resource group; nil for the stage's own.
  package func withAzure<Value>(
    group: String? = nil, _ body: (AzureCLI, FilePath) async throws -> Value
  ) async throws -> Value {
    let subscription = try subscription()
    let folder = try AzureFolder()
    defer { folder.remove() }
    let session = try await AzureSession.begin(context, in: folder.path)
    let az = AzureCLI(
      subscription: subscription, resourceGroup: group ?? deployment.resourceGroup, context.processes,
      environment: session.environment, clock: clock)
    return try await body(az, folder.path)
  }

  package func history() async throws -> [MachineRelease] {
    try await withAzure { az, folder in try await records(az, folder).all() }
  }
}
