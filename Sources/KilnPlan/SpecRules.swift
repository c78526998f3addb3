import KilnArtifacts
import KilnDiagnostics
import KilnDocuments
import KilnPacker
import KilnSpec
import SystemPackage

/// Rules over a whole spec that no single key shows.
struct SpecRules {
  let spec: EnvironmentSpec
  let definitions: Definitions
  let registry: Located<String>?

  /// Bytes: Docker refuses less, and more than there are numbers for is no limit either.
  private static let memory = 6 << 20..<Int.max

  func problems() -> [Diagnostic] {
    var found = secretProblems() + stageProblems()
    found += AppRules(spec).problems() + LoadRules(spec).problems()
    found += NameRules(spec: spec, registry: spec.registry ?? registry).problems()
    let staged = spec.stages.flatMap(\.apps)
    for limits in spec.apps.flatMap(\.allLimits) + spec.services.map(\.limits) + staged.map(\.limits)
      + spec.testContainers.map(\.limits) + staged.flatMap(\.workers).map(\.limits)
    {
      guard let memory = limits?.memory, !Self.memory.contains(memory.value) else { continue }
      found.append(
        Diagnostic(
          "spec.invalid-value", "memory is out of range", at: memory.location,
          suggestion: "a container needs at least 6Mi, and machines have less than 8388608Ti"))
    }
    found += spec.machine.map(machineProblems) ?? []
    if spec.machine != nil, spec.machine?.azure?.scaleSet == nil {
      for stage in spec.stages where stage.capacity != nil {
        found.append(
          Diagnostic(
            "spec.stage-without-scale-set",
            "stage \"\(stage.name.value)\" sets a capacity and the machine has no scale set",
            at: stage.name.location, suggestion: "describe machine.azure.scaleSet"))
      }
    }
    return found
  }

  /// Apps of stages that there are not, and values that nothing can carry.
  private func stageProblems() -> [Diagnostic] {
    let names = spec.apps.map(\.name.value)
    return spec.stages.flatMap(\.apps).flatMap { environment -> [Diagnostic] in
      let app = environment.app
      guard names.contains(app.value) else {
        return [
          Diagnostic(
            "spec.unknown-app", "there is no app \"\(app.value)\"", at: app.location,
            suggestion: nearest(to: app.value, among: names).map { "did you mean \"\($0)\"?" }
              ?? (names.isEmpty ? "describe it under `apps`" : "there are: \(Phrase.list(names))"))
        ]
      }
      let workers = spec.app(named: app.value)?.workers.map(\.name.value) ?? []
      return environment.variables.compactMap(spec.problem)
        + environment.workers.map(\.name).filter { !workers.contains($0.value) }.map { name in
          Diagnostic(
            "spec.unknown-worker", "\(app.value) has no worker \"\(name.value)\"", at: name.location,
            suggestion: nearest(to: name.value, among: workers).map { "did you mean \"\($0)\"?" }
              ?? (workers.isEmpty ? "describe it under the app's `workers`" : "there are: \(Phrase.list(workers))"))
        }
    }
  }

  private func secretProblems() -> [Diagnostic] {
    var found = variableProblems()
    let known = spec.secrets.map(\.name.value)
    let names = Set(known)
    let deploying = (spec.machine?.parameters?.uses ?? []).compactMap { use in
      use.secret.map { Located($0, at: use.location) }
    }
    let named =
      spec.apps.flatMap { $0.buildSecrets + ($0.secrets ?? []) } + spec.testContainers.flatMap(\.secrets)
      + (spec.testing?.apps ?? []).flatMap(\.buildSecrets)
    for name in named + deploying where !names.contains(name.value) {
      let near = nearest(to: name.value, among: known.prefix(UseChecker.nearLimit)).map { "did you mean \"\($0)\"?" }
      found.append(
        Diagnostic(
          "spec.unknown-secret", "there is no secret \"\(name.value)\"", at: name.location,
          suggestion: near ?? "describe it: secrets: {\(name.value): {env: VARIABLE}}"))
    }
    return found + unreadSecrets() + takenVariables()
  }

  /// Variables by which programs are run, and those of CI systems: a pipeline sets a secret's for whole jobs.
  private func takenVariables() -> [Diagnostic] {
    spec.secrets.compactMap { secret in
      guard case .environment(let variable) = secret.source, Self.isTaken(variable) else { return nil }
      return Diagnostic(
        "spec.taken-variable", "no secret can be in the variable \(variable): other programs read it",
        at: secret.name.location,
        suggestion:
          "another name, as in {env: \(spec.customer.value.uppercased().replacing("-", with: "_"))_\(secret.name.value)}"
      )
    }
  }

  private static func isTaken(_ variable: String) -> Bool {
    ownVariables.contains(variable) || takenNames.contains(variable) || variable.hasPrefix("LD_")
      || variable.hasPrefix("GIT_CONFIG")
  }

  private static let takenNames: Set<String> = [
    "CI", "KUBECONFIG", "PYTHONPATH", "PYTHONSTARTUP", "NODE_OPTIONS", "PERL5OPT", "RUBYOPT", "DOCKER_HOST",
    "DOCKER_CONFIG", "DOCKER_CONTEXT", "BUILDKIT_HOST", "GIT_DIR", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS",
    "GIT_EXEC_PATH", "GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE",
  ]

  /// Secrets that nobody gets: apps that name what they read leave them out.
  private func unreadSecrets() -> [Diagnostic] {
    guard !spec.apps.isEmpty else { return [] }
    var read = spec.deploymentSecrets
    for app in spec.apps { read.formUnion(spec.secrets(of: app) + app.buildSecrets.map(\.value)) }
    read.formUnion(spec.services.compactMap { $0.password?.value })
    read.formUnion(spec.testContainers.flatMap(\.secrets).map(\.value))
    read.formUnion((spec.testing?.apps ?? []).flatMap(\.buildSecrets).map(\.value))
    return spec.secrets.filter { !read.contains($0.name.value) }.map { secret in
      Diagnostic(
        "spec.unread-secret", "nothing reads the secret \(secret.name.value)", severity: .warning,
        at: secret.name.location, suggestion: "name it under an app's `secrets`, or remove it")
    }
  }

  /// Variables by which shells and the system find programs and files.
  private static let ownVariables: Set<String> = ["PATH", "HOME", "IFS", "ENV", "BASH_ENV", "SHELL", "USER", "TMPDIR"]

  /// Secrets that the apps cannot read as variables.
  private func variableProblems() -> [Diagnostic] {
    spec.secrets.compactMap { secret in
      guard let place = secret.asVariable else { return nil }
      let name = secret.name.value
      let readers = spec.apps.filter { spec.secrets(of: $0).contains(name) }
      let trouble: (message: String, help: String)
      if spec.apps.isEmpty {
        trouble = ("there is no app that could read \(name)", "remove `as`, or describe the app")
      } else if Self.ownVariables.contains(name) || name.hasPrefix("LD_") {
        trouble = ("no program would run with a secret as \(name)", "give the secret another name")
      } else if spec.apps.contains(where: { $0.buildSecrets.contains { $0.value == name } }) {
        trouble = (
          "\(name) is a build secret, which the app does not get",
          "remove `as`: install commands see it as a variable in any case"
        )
      } else if spec.deploymentSecrets.contains(name) {
        trouble = (
          "\(name) is a deployment parameter, which the app does not get",
          "remove `as`, or give the app a secret of its own with the same `env`"
        )
      } else if let app = readers.first(where: { $0.environment.contains { $0.name == name } }) {
        trouble = ("the app has a variable \(name) already", "remove it from \(app.path).environment, or remove `as`")
      } else {
        return nil
      }
      return Diagnostic("spec.secret-variable", trouble.message, at: place, suggestion: trouble.help)
    }
  }

  /// The first start of a service's container makes its database. A machine has the server alone: the password would have
  /// to be in the image.
  private func databaseProblems(_ machine: EnvironmentSpec.Machine) -> [Diagnostic] {
    machine.services.compactMap { name in
      guard let use = spec.services.first(where: { $0.name.value == name.value }), let database = use.database else {
        return nil
      }
      return Diagnostic(
        "spec.machine-database",
        "a baked machine has \(name.value), but not the database \"\(database.value)\" and its user",
        severity: .warning, at: name.location,
        suggestion: "make them when the machine is deployed: their password is in no image",
        notes: [.init("the containers' database", at: database.location)])
    }
  }

  /// Artifacts that the machine's builders do not make.
  private func machineProblems(_ machine: EnvironmentSpec.Machine) -> [Diagnostic] {
    let made = machine.builders.flatMap { machine.kinds(of: $0) }
    return (machine.azure.map(azureProblems) ?? []) + databaseProblems(machine)
      + (machine.parameters?.uses ?? []).compactMap { use in
        guard let kind = use.kind, !made.contains(kind) else { return nil }
        return Diagnostic(
          "spec.artifact-kind", "\"\(use.name)\" is set to \(kind), which baking this machine does not make",
          at: use.location, suggestion: "it makes \(Phrase.alternatives(made.map(\.rawValue)))")
      } + (machine.parameters.map(parameterProblems) ?? [])
  }

  /// Secrets that would be written where they do not belong, and copies that would have one name.
  private func parameterProblems(_ parameters: EnvironmentSpec.DeploymentParameters) -> [Diagnostic] {
    var found: [Diagnostic] = []
    let vaults = Set(spec.secrets.filter { if case .keyVault = $0.source { true } else { false } }.map(\.name.value))
    for use in parameters.tokens where vaults.contains(use.secret ?? "") {
      found.append(
        Diagnostic(
          "spec.parameter-secret", "\(use.secret ?? "") is in a key vault, and a token is a piece of text",
          at: use.location,
          suggestion: "name its parameter under `set`, which becomes a reference; or take it from `env`"))
    }
    let output = parameters.output(of: spec.secrets)
    if let stated = parameters.output, stated.value == .inPlace, output == .dist {
      found.append(
        Diagnostic(
          "spec.parameter-secret",
          "a secret is among the values, and the file that it would be written into may be in Git",
          at: stated.location, suggestion: "output: dist"))
    }
    guard output == .dist else { return found }
    var names: [String: SourceLocation] = [:]
    for file in parameters.files {
      let name = file.value.lastComponent?.string ?? ""
      if let first = names.updateValue(file.location, forKey: name.lowercased()) {
        found.append(
          Diagnostic(
            "spec.parameter-files", "two parameters files are called \"\(name)\", and both are copied into one folder",
            at: file.location, suggestion: "rename one", notes: [.init("the other", at: first)]))
      }
    }
    return found
  }

  /// An image of a generation that the base has not, or the size does not run.
  private func azureProblems(_ azure: EnvironmentSpec.Azure) -> [Diagnostic] {
    // A base that is not there is reported already.
    guard let base = definitions.bases[spec.runtime.base.value] else { return [] }
    let generation = azure.generation.value
    if generation == 1, base.azure.generation1 == nil {
      return [
        Diagnostic(
          "spec.azure-generation", "the base \"\(base.name)\" has no image of generation 1",
          at: azure.generation.location,
          suggestion: "name its SKU in the base: azure.generation1")
      ]
    }
    let generations = AzureSize(azure.size.value).generations
    guard !generations.contains(generation) else { return [] }
    return [
      Diagnostic(
        "spec.azure-size",
        "the size \"\(azure.size.value)\" runs generation \(generations.lowerBound) only, and the image is of generation \(generation)",
        at: azure.size.location,
        suggestion: generation == 2
          ? "a size that runs generation 2, as in Standard_DS2_v2; or `generation: 1`" : "leave `generation` out")
    ]
  }
}

extension EnvironmentSpec {
  /// Why what runs an app cannot give it the value of `variable`; nil where it can.
  func problem(_ variable: Variable) -> Diagnostic? {
    let problem =
      machine == nil ? EnvironmentRules.problem(whenRun: variable.value) : EnvironmentRules.problem(variable.value)
    return problem.map {
      Diagnostic(
        "spec.unrepresentable", "\(variable.name) \($0)", at: variable.location,
        suggestion: "put such a value into a file")
    }
  }
}
