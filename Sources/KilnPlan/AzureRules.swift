import KilnDiagnostics
import KilnDocuments
import KilnPacker
import KilnSpec
import SystemPackage

/// What a deployment of the machine in Azure lacks, or nothing would come of.
struct AzureRules {
  let spec: EnvironmentSpec
  let plan: EnvironmentPlan

  /// Source: "Naming rules and restrictions for Azure resources".
  private static let resourceGroupName = 90
  private static let scaleSetName = 64

  func problems() -> [Diagnostic] {
    guard let deployment = spec.azureDeployment else { return idleProblems() }
    guard let machine = spec.machine, machine.azure != nil else {
      return [
        Diagnostic(
          "spec.azure-deployment", "the environment has no machine for Azure to deploy", at: deployment.location,
          suggestion: "describe it: machine: {azure: {location: …, capture: …}}")
      ]
    }
    let isGenerated = machine.parameters == nil
    return nameProblems() + rangeProblems(isGenerated: isGenerated)
      + (isGenerated ? generatedProblems(machine, deployment) : ownProblems(machine))
  }

  /// Keys that only a deployment knows.
  private func idleProblems() -> [Diagnostic] {
    spec.stages.compactMap { $0.azure?.location }.map { location in
      Diagnostic(
        "spec.no-effect", "`azure` has no effect: the machine is not deployed", at: location,
        suggestion: "describe it under `deploy: {azure: {…}}`, or remove this")
    } + rangeProblems(isGenerated: false)
      + (spec.machine?.parameters?.uses ?? []).filter { $0.source == .customData }.map { use in
        Diagnostic(
          "spec.no-effect", "`values` has no effect: the machine is not deployed", at: use.location,
          suggestion: "`kiln deploy` gives it: describe `deploy: {azure: {…}}`")
      }
  }

  /// - Parameter isGenerated: Whether a template of Kiln's makes the scale set.
  private func rangeProblems(isGenerated: Bool) -> [Diagnostic] {
    let own = spec.machine?.azure?.scaleSet.map { ($0.capacity, $0.name.location) }
    let staged = spec.stages.compactMap { stage in stage.capacity.map { ($0, stage.name.location) } }
    return ((own.map { [$0] } ?? []) + staged).compactMap { capacity, location in
      guard case .range(let min, let max, _) = capacity else { return nil }
      if !isGenerated {
        return Diagnostic(
          "spec.no-effect", "a range of machines has no effect: no template of Kiln's makes the scale set",
          at: location,
          suggestion: "describe it under `deploy: {azure: {…}}` without `machine.parameters`, or give one number")
      }
      guard min >= max else { return nil }
      return Diagnostic(
        "spec.invalid-value", "at least \(min) and at most \(max) machines are no range", at: location,
        suggestion: "capacity: \(max), or a larger `max`")
    }
  }

  private func nameProblems() -> [Diagnostic] {
    let stages: [EnvironmentSpec.Stage?] = spec.stages.isEmpty ? [nil] : spec.stages
    var found: [Diagnostic] = []
    var taken: [String: String] = [:]
    for (stage, one) in zip(stages, plan.azureDeployments) {
      let group = spec.resourceGroup(of: stage)
      if group.value.utf8.count > Self.resourceGroupName {
        found.append(
          Diagnostic(
            "name.azure", "Azure refuses \"\(group.value)\" as a resource group", at: group.location,
            suggestion: "name one of at most \(Self.resourceGroupName) characters: azure: {resourceGroup: …}"))
      }
      if let name = one.scaleSet?.name, name.utf8.count > Self.scaleSetName {
        found.append(
          Diagnostic(
            "name.azure", "Azure refuses \"\(name)\" as a scale set", at: group.location,
            suggestion: "give machine.azure.scaleSet a shorter name"))
      }
      // The team's template names what it makes.
      guard one.scaleSet == nil, let stage else { continue }
      let key = "\(one.subscription ?? "") \(one.resourceGroup.lowercased()) \(one.parameters?.string ?? "")"
      if let other = taken.updateValue(stage.name.value, forKey: key) {
        found.append(
          Diagnostic(
            "spec.azure-deployment",
            "the stages \(other) and \(stage.name.value) are deployed to one resource group with one parameters file",
            at: group.location,
            suggestion: "give one its own: azure: {resourceGroup: …} or azure: {parameters: …}"))
      }
    }
    return found
  }

  /// The team's own template and parameters.
  private func ownProblems(_ machine: EnvironmentSpec.Machine) -> [Diagnostic] {
    guard let parameters = machine.parameters else { return [] }
    var found: [Diagnostic] = []
    if parameters.template == nil {
      found.append(
        Diagnostic(
          "spec.azure-deployment", "`machine.parameters` names no template to deploy", at: parameters.files[0].location,
          suggestion: "template: ../deploy/azuredeploy.json; or leave `parameters` out, and Kiln generates both"))
    }
    let made = machine.kinds(of: .azure)
    if !parameters.uses.compactMap(\.kind).contains(where: made.contains) {
      found.append(
        Diagnostic(
          "spec.azure-deployment", "no parameter and no token becomes the machine's image",
          at: parameters.files[0].location,
          suggestion: "set: {imageId: \(machine.kinds(of: .azure).first?.rawValue ?? "managed-image")}"))
    }
    let files = parameters.files.map(\.value)
    for stage in spec.stages {
      if let own = stage.azure?.parameters {
        if !files.contains(own.value) {
          found.append(
            Diagnostic(
              "spec.azure-deployment", "\"\(own.value)\" is not among `machine.parameters.files`", at: own.location,
              suggestion: "name it there as well: what is deployed is checked before it is baked"))
        }
      } else if files.count > 1 {
        found.append(
          Diagnostic(
            "spec.azure-deployment", "nothing says which parameters are those of the stage \(stage.name.value)",
            at: stage.name.location, suggestion: "azure: {parameters: …}, one of `machine.parameters.files`"))
      }
    }
    for use in parameters.tokens where use.source == .customData {
      found.append(
        Diagnostic(
          "spec.azure-deployment", "a token cannot be `values`, which has lines", at: use.location,
          suggestion: "set: {customData: values}, a parameter"))
    }
    if let admin = spec.azureDeployment?.admin {
      found.append(noEffect("`admin`", at: admin.user.location))
    }
    for subnet in [spec.azureDeployment?.place.subnet] + spec.stages.map({ $0.azure?.place.subnet }) {
      if let subnet { found.append(noEffect("`subnet`", at: subnet.location)) }
    }
    return found
  }

  private func noEffect(_ what: String, at location: SourceLocation) -> Diagnostic {
    Diagnostic(
      "spec.no-effect", "\(what) has no effect: the team's own template is deployed", at: location,
      suggestion: "remove it, or `machine.parameters`")
  }

  /// The template that Kiln generates.
  private func generatedProblems(
    _ machine: EnvironmentSpec.Machine, _ deployment: EnvironmentSpec.AzureDeployment
  ) -> [Diagnostic] {
    var found: [Diagnostic] = []
    if machine.azure?.scaleSet == nil {
      found.append(
        Diagnostic(
          "spec.azure-deployment", "there is no scale set to deploy", at: deployment.location,
          suggestion:
            "machine: {azure: {scaleSet: {name: \(spec.customer.value)-vmss, capacity: 2}}}; or name a template of your own in machine.parameters"
        ))
    }
    if deployment.admin == nil {
      found.append(
        Diagnostic(
          "spec.azure-deployment", "Azure makes no machine without an administrator", at: deployment.location,
          suggestion: "admin: {sshKey: \"ssh-ed25519 …\"}"))
    }
    for stage in spec.stages {
      if let own = stage.azure?.parameters {
        found.append(
          Diagnostic(
            "spec.no-effect", "`parameters` has no effect: the parameters are generated", at: own.location,
            suggestion: "remove it, or describe machine.parameters"))
      }
    }
    if case .password(let name) = deployment.admin?.access,
      !spec.secrets.contains(where: { $0.name.value == name.value })
    {
      found.append(
        Diagnostic(
          "spec.unknown-secret", "there is no secret \"\(name.value)\"", at: name.location,
          suggestion: "describe it: secrets: {\(name.value): {keyVault: {id: …, secret: …}}}"))
    }
    return found + secretProblems() + diskProblems(machine) + sizeProblems(deployment)
  }

  /// A machine asks key vaults for the app's secrets when it starts: nobody hands it a variable.
  private func secretProblems() -> [Diagnostic] {
    guard let app = plan.machine?.app else { return [] }
    let names = plan.secrets(of: .app(app.name)).map(\.file)
    return spec.secrets.filter { names.contains($0.name.value) }.compactMap { secret in
      guard case .environment = secret.source else { return nil }
      return Diagnostic(
        "spec.azure-secret", "a machine in Azure cannot read the secret \"\(secret.name.value)\"",
        at: secret.name.location,
        suggestion:
          "put it into a key vault: \(secret.name.value): {keyVault: {id: /subscriptions/…/vaults/NAME, secret: NAME}}; or leave it out of the app's `secrets`"
      )
    }
  }

  /// Bytes of values. Azure takes 64 KiB of custom data, in Base64, with what is around them.
  private static let values = 40_000

  private func sizeProblems(_ deployment: EnvironmentSpec.AzureDeployment) -> [Diagnostic] {
    let stages: [String?] = spec.stages.isEmpty ? [nil] : spec.stages.map(\.name.value)
    let largest =
      stages.map { stage in
        let values = (stage.flatMap { plan.at(stage: $0) } ?? plan).machine?.app?.values ?? []
        return values.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
      }.max() ?? 0
    guard largest > Self.values else { return [] }
    return [
      Diagnostic(
        "spec.azure-deployment",
        "the app's values have \(Phrase.amount(largest)); a machine in Azure is told \(Phrase.amount(Self.values)) when it starts",
        at: deployment.location,
        suggestion: "let the app read what is large from a file of its sources, or from a store")
    ]
  }

  private func diskProblems(_ machine: EnvironmentSpec.Machine) -> [Diagnostic] {
    guard let disk = machine.disks.first else { return [] }
    return [
      Diagnostic(
        "spec.azure-deployment", "machines of a scale set come and go, and have no disks of their own to keep",
        at: disk.location,
        suggestion:
          "keep the files elsewhere (a share, a storage account), or deploy one machine by a template of your own")
    ]
  }
}
