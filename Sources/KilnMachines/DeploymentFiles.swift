import KilnArtifacts
import KilnConsole
import KilnDeploy
import KilnDiagnostics
import KilnDocuments
import KilnGeneration
import KilnPlan
import KilnProcesses
import KilnRelease
import KilnSpec
import KilnWorkspace
import SystemPackage

/// What is handed to Azure: a template, and parameters in a private copy with image and secrets.
struct DeploymentFiles {
  let template: FilePath
  let parameters: FilePath
  /// Over both, without secrets and the release's number.
  let contents: String
  /// Over what machines are told when they start; nil for a template of the team's own.
  let customData: String?
  /// Whether a secret is among the parameters: whether it is another than before cannot be told.
  let holdsSecret: Bool

  /// Bytes of a template, or of parameters.
  private static let limit = 256 << 20

  /// - Parameter capacity: How many machines there are; nil for as many as the spec says.
  static func make(
    _ target: MachineTarget, image: String, release: Int, capacity: Int?, in folder: FilePath
  ) throws -> DeploymentFiles {
    let own = target.plan.spec.machine?.parameters
    if let file = target.deployment.parameters, let template = own?.template {
      return try owned(target, file, template.value, image, folder)
    }
    return try generated(target, image, release, capacity, folder)
  }

  /// The team's own template, as it is, and parameters.
  private static func owned(
    _ target: MachineTarget, _ file: FilePath, _ template: FilePath, _ image: String, _ folder: FilePath
  ) throws -> DeploymentFiles {
    let root = target.loaded.workspace.root
    guard
      let parameters = MachineParameters(of: target.plan, by: [.azure], root: root, context: target.context)
    else { throw CommandError("deploy.target", "\(target.plan.customer) names no deployment parameters") }
    let bytes = try RegularFile.read(root.pushing(template), limit: limit)
    let path = folder.appending("template.json")
    try FileReplacement.replace([.init(path: path, bytes: bytes, isPrivate: true, isUsers: false)])
    let copy = try parameters.copy(of: file, image: image, at: target.deployment.stage, in: folder)
    let plain = try RegularFile.read(root.pushing(file), limit: limit)
    let hasData = target.plan.spec.machine?.parameters?.set.contains { $0.source == .customData } == true
    let data = hasData ? Generator().customData(of: target.plan, at: target.deployment.stage) : nil
    return DeploymentFiles(
      template: path, parameters: copy.path,
      contents: digest(bytes, plain + Array("\(image) \(data ?? "")".utf8)),
      customData: data.map { ContentDigest(of: $0).description }, holdsSecret: copy.holdsSecret)
  }

  private static func generated(
    _ target: MachineTarget, _ image: String, _ release: Int, _ capacity: Int?, _ folder: FilePath
  ) throws -> DeploymentFiles {
    // At no stage: one template serves all.
    let plan = try target.loaded.plan(of: target.plan.customer)
    let files = Generator().azure(of: plan)
    guard let template = files.first(where: { $0.name == AzureFiles.template }),
      let text = files.first(where: { $0.name == AzureFiles.parameters(target.deployment.stage) })?.text,
      case .map(var document) = try JSONReader.read(text)
    else { throw CommandError("deploy.target", "\(plan.customer) has no deployment template") }
    var values = document["parameters"]?.members ?? [:]
    values["image"] = ["value": .string(image)]
    document["parameters"] = .map(values)
    let plain = JSONRenderer(indent: 0).render(.map(document))
    values["release"] = ["value": .string(String(release))]
    if let capacity { values["capacity"] = ["value": .integer(capacity)] }
    var holdsSecret = false
    if let password = target.password {
      values["adminPassword"] = ["value": .string(password)]
      holdsSecret = true
    }
    document["parameters"] = .map(values)
    let paths = ["template.json", "parameters.json"].map { folder.appending($0) }
    let bytes = [template.text, JSONRenderer().render(.map(document))].map { Array($0.utf8) }
    try FileReplacement.replace(
      zip(paths, bytes).map { .init(path: $0, bytes: $1, isPrivate: true, isUsers: false) })
    let data = values["customData"]?["value"]?.textValue
    return DeploymentFiles(
      template: paths[0], parameters: paths[1], contents: digest(bytes[0], Array(plain.utf8)),
      customData: data.map { ContentDigest(of: $0).description }, holdsSecret: holdsSecret)
  }

  private static func digest(_ template: [UInt8], _ parameters: [UInt8]) -> String {
    ContentDigest(of: "\(ContentDigest(of: template)) \(ContentDigest(of: parameters))").description
  }

  /// Of an earlier release, as Azure remembers its deployment.
  /// - Throws: `deploy.no-release` where Azure has forgotten it.
  /// - Parameters:
  ///   - number: Of the release that it becomes.
  ///   - capacity: How many machines there are; nil for as many as then.
  static func earlier(
    _ release: MachineRelease, _ target: MachineTarget, _ az: AzureCLI, release number: Int, capacity: Int?,
    in folder: FilePath
  ) async throws -> DeploymentFiles {
    let old = release.record.number
    guard
      let template = try await az.optional(
        "read the template of release \(old)", ["deployment", "group", "export", "--name", release.deployment]),
      let shown = try await az.optional(
        "read the parameters of release \(old)", ["deployment", "group", "show", "--name", release.deployment])
    else {
      throw CommandError(
        "deploy.no-release", "Azure has forgotten the deployment of release \(old) of \(target.title)",
        help: "deploy again: an image that is still there is taken by --image")
    }
    var values: DocumentMap = [:]
    var holdsSecret = false
    for (name, given) in shown["properties"]?["parameters"]?.members.pairs ?? [] {
      if let reference = given["reference"], reference != .null {
        values[name] = ["reference": reference]
      } else if let value = given["value"], value != .null {
        values[name] = ["value": value]
      } else if let secret = try target.secret(ofParameter: name) {
        values[name] = ["value": .string(secret)]
        holdsSecret = true
      }
    }
    if target.deployment.scaleSet != nil {
      values["release"] = ["value": .string(String(number))]
      if let capacity { values["capacity"] = ["value": .integer(capacity)] }
    }
    let document: DocumentValue = [
      "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
      "contentVersion": "1.0.0.0", "parameters": .map(values),
    ]
    let paths = ["earlier.template.json", "earlier.parameters.json"].map { folder.appending($0) }
    let bytes = [template["template"] ?? template, document].map { Array(JSONRenderer().render($0).utf8) }
    try FileReplacement.replace(
      zip(paths, bytes).map { .init(path: $0, bytes: $1, isPrivate: true, isUsers: false) })
    return DeploymentFiles(
      template: paths[0], parameters: paths[1], contents: release.contents, customData: release.customData,
      holdsSecret: holdsSecret)
  }
}

extension MachineTarget {
  /// The administrator's, where it comes from a variable.
  var password: String? {
    guard case .password(let name) = plan.spec.azureDeployment?.admin?.access,
      case .environment(let variable) = plan.spec.secrets.first(where: { $0.name.value == name.value })?.source
    else { return nil }
    return context.environment[variable]
  }

  /// What a parameter is given that Azure does not show; nil for one that takes its default.
  /// - Throws: `deploy.variable` where the variable that holds it is not set.
  func secret(ofParameter name: String) throws -> String? {
    let uses = plan.spec.machine?.parameters?.set ?? []
    var secret = uses.first { $0.name.lowercased() == name.lowercased() }?.secret
    if secret == nil, deployment.parameters == nil, name.lowercased() == "adminpassword",
      case .password(let own) = plan.spec.azureDeployment?.admin?.access
    {
      secret = own.value
    }
    guard let secret,
      case .environment(let variable) = plan.spec.secrets.first(where: { $0.name.value == secret })?.source
    else { return nil }
    if let problem = plan.problem(ofVariable: variable, in: context.environment) {
      throw CommandError("deploy.variable", problem)
    }
    return context.environment[variable]
  }

  /// Stops where a secret that the deployment needs is not set; every one is reported.
  func refuseMissingSecrets() throws {
    let names = (plan.spec.machine?.parameters?.uses ?? []).compactMap(\.secret) + adminSecret
    let variables = plan.spec.secrets.filter { names.contains($0.name.value) }.compactMap { secret -> String? in
      if case .environment(let variable) = secret.source { variable } else { nil }
    }
    let missing = variables.compactMap { plan.problem(ofVariable: $0, in: context.environment) }
    if !missing.isEmpty { throw CommandError(missing.map { Diagnostic("deploy.variable", $0) }, kind: .problem) }
  }

  private var adminSecret: [String] {
    if case .password(let name) = plan.spec.azureDeployment?.admin?.access { [name.value] } else { [] }
  }
}
