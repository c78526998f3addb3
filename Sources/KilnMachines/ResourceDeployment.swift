import KilnDeploy
import KilnDiagnostics
import KilnDocuments
import KilnProcesses
import KilnSpec
import KilnWorkspace
import SystemPackage

/// One deployment of a template to a resource group, watched until it has ended.
struct ResourceDeployment: Sendable {
  let az: AzureCLI
  let name: String
  let clock: DeployClock
  /// Seconds since 1970.
  let deadline: Double

  /// Between two looks, in seconds.
  static let interval = 10.0

  /// What came of it.
  struct Result: Sendable {
    /// By name.
    let outputs: DocumentValue
    /// The names of scale sets that it has made or changed.
    let scaleSets: [String]

    init(_ document: DocumentValue) {
      let properties = document["properties"]
      outputs = properties?["outputs"] ?? .null
      scaleSets = (properties?["outputResources"]?.items ?? []).compactMap { $0["id"]?.textValue }.filter {
        $0.lowercased().contains("/microsoft.compute/virtualmachinescalesets/")
      }.compactMap { $0.split(separator: "/").last.map(String.init) }
    }

    /// Azure knows outputs in any case.
    func output(_ name: String) -> String? {
      outputs.members.pairs.first { $0.0.lowercased() == name.lowercased() }?.1["value"]?.textValue
    }
  }

  func preview(template: FilePath, parameters: FilePath) async throws -> WhatIf {
    try WhatIf(
      try await az.group(
        "ask Azure what would change",
        ["deployment", "group", "what-if", "--no-pretty-print"] + Self.arguments(name, template, parameters)))
  }

  /// - Throws: `AzureFailure`, `ScaleSetRollout.Failure`.
  func run(template: FilePath, parameters: FilePath) async throws -> Result {
    try await az.group(
      "begin the deployment",
      ["deployment", "group", "create", "--no-wait"] + Self.arguments(name, template, parameters))
    return try await wait()
  }

  private static func arguments(_ name: String, _ template: FilePath, _ parameters: FilePath) -> [String] {
    [
      "--name", name, "--mode", "Incremental", "--template-file", template.string, "--parameters", "@\(parameters)",
      "--no-prompt", "true",
    ]
  }

  private func wait() async throws -> Result {
    while true {
      let found = try await az.group("read the deployment", ["deployment", "group", "show", "--name", name])
      switch found["properties"]?["provisioningState"]?.textValue {
      case "Succeeded": return Result(found)
      case "Failed", "Canceled":
        throw AzureFailure("deploy", error: found["properties"]?["error"] ?? .null)
      default: break
      }
      if Interruption.count > 0 { try await cancel() }
      try Interruption.check()
      guard clock.now() < deadline else {
        try await cancel()
        throw ScaleSetRollout.Failure(reason: "the deployment \(name) was not done in time and is cancelled")
      }
      await clock.sleep(Self.interval)
    }
  }

  private func cancel() async throws {
    try await az.group("cancel the deployment", ["deployment", "group", "cancel", "--name", name])
  }

  /// Whether Azure works on a deployment of this name.
  static func isRunning(_ name: String, _ az: AzureCLI) async throws -> Bool {
    let found = try await az.optional("read the deployment", ["deployment", "group", "show", "--name", name])
    let state = found?["properties"]?["provisioningState"]?.textValue
    return ["Accepted", "Running", "Creating", "Updating"].contains(state)
  }
}
