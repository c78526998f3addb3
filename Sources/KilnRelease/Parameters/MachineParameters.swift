import KilnAzure
package import KilnConsole
package import KilnDiagnostics
import KilnGeneration
package import KilnPacker
package import KilnPlan
package import KilnSpec
package import SystemPackage

/// The deployment parameters of an environment's machine: checked before it is baked, patched afterwards.
package struct MachineParameters: Sendable {
  package let plan: EnvironmentPlan
  package let machine: EnvironmentSpec.Machine
  package let parameters: EnvironmentSpec.DeploymentParameters
  /// What the builders that run leave behind.
  package let kinds: Set<ArtifactKind>
  /// In the workspace's root: files are named as its other files are.
  private let context: CommandContext

  /// Nil where the spec names no parameters.
  /// - Parameter builders: Those that run.
  package init?(of plan: EnvironmentPlan, by builders: [MachineBuilder], root: FilePath, context: CommandContext) {
    guard let machine = plan.spec.machine, let parameters = machine.parameters else { return nil }
    self.plan = plan
    self.machine = machine
    self.parameters = parameters
    kinds = Set(builders.flatMap { machine.kinds(of: $0) })
    self.context = CommandContext(
      environment: context.environment, folder: root, console: context.console, processes: context.processes)
  }

  /// What the builders that run make, by name.
  private func artifacts(_ uses: [EnvironmentSpec.ParameterUse]) -> [(name: String, kind: ArtifactKind)] {
    var given: [(name: String, kind: ArtifactKind)] = []
    for use in uses {
      if let kind = use.kind, kinds.contains(kind) { given.append((use.name, kind)) }
    }
    return given
  }

  /// Names, and the secrets that they become.
  private func secrets(_ uses: [EnvironmentSpec.ParameterUse]) -> [(name: String, secret: EnvironmentSpec.Secret)] {
    uses.compactMap { use in
      plan.spec.secrets.first { $0.name.value == use.secret }.map { (use.name, $0) }
    }
  }

  /// Parameters that become what cloud-init is to do.
  private func customData(_ text: String) -> [ParameterPatch.Entry] {
    parameters.set.filter { $0.source == .customData }.map { .init($0.name, .init(text)) }
  }

  /// Names, and the variables that hold what they become.
  private func variables(_ uses: [EnvironmentSpec.ParameterUse]) -> [ParameterValues.Pair] {
    secrets(uses).compactMap { name, secret in
      if case .environment(let variable) = secret.source { (name, variable) } else { nil }
    }
  }

  private var references: [ParameterPatch.Reference] {
    secrets(parameters.set).compactMap { name, secret in
      guard case .keyVault(let id, let own, let version) = secret.source else { return nil }
      return .init(name, vault: id, secret: own, version: version)
    }
  }

  /// Where no builder that runs makes what the parameters wait for, there is nothing to deploy.
  private var isEmpty: Bool {
    artifacts(parameters.uses).isEmpty && parameters.uses.contains { $0.kind != nil } || parameters.uses.isEmpty
  }

  private var files: ParameterFiles {
    let (root, folder) = (context.folder, WorkspaceLayout.relative.parameters(of: plan.customer))
    return ParameterFiles(
      parameters.files.map(\.value.string), template: parameters.template?.value.string,
      copies: parameters.output(of: plan.spec.secrets) == .dist
        ? (folder.string, root.pushing(folder), root) : nil, context: context)
  }

  /// What the chosen builders cannot give, a line each.
  package var skipped: [String] {
    parameters.uses.compactMap { use in
      guard let kind = use.kind, !kinds.contains(kind) else { return nil }
      let builder = machine.builders.first { machine.kinds(of: $0).contains(kind) }
      let reason = builder.map { "only \($0.rawValue) makes \(kind), and it does not run" }
      return "\(use.name) stays as it is: \(reason ?? "no builder makes \(kind)")"
    }
  }

  /// Stops where a variable that a parameter's secret comes from is not set.
  package func refuseMissingSecrets() throws {
    if isEmpty { return }
    let missing = plan.secrets(of: .parameters).filter { use in
      variables(parameters.uses).contains { $0.value == use.variable }
    }
    .compactMap { plan.problem(ofVariable: $0.variable, in: context.environment) }
    if !missing.isEmpty { throw CommandError(missing.map { Diagnostic("parameters.variable", $0) }, kind: .problem) }
  }

  /// What would go wrong once the machine is baked: files that cannot be read, parameters and tokens that they have not,
  /// and what the template does not take.
  ///
  /// - Returns: Problems, and the texts that they show.
  package func check() throws -> (problems: [Diagnostic], sources: [String: String]) {
    guard !isEmpty else { return ([], [:]) }
    var patch = ParameterPatch()
    patch.parameters = artifacts(parameters.set).map { .init($0.name, Self.standIn($0.kind)) }
    patch.tokens = artifacts(parameters.tokens).map { .init($0.name, Self.standIn($0.kind)) }
    patch.references = references
    patch.parameters += customData("#cloud-config\n")
    patch.parameters += variables(parameters.set).map { .init($0.name, secret($0.value)) }
    patch.tokens += variables(parameters.tokens).map { .init($0.name, secret($0.value)) }
    do {
      let patched = try files.patched(by: patch, isHeld: false)
      return (patched.warnings, patched.excerpts)
    } catch let error as CommandError {
      return (error.diagnostics.map(inSpec), error.sources)
    }
  }

  /// The value of a variable, or where it is not set one whose length is not looked at.
  private func secret(_ variable: String) -> ParameterPatch.Value {
    let value = context.environment[variable] ?? ""
    return .init(value.isEmpty ? "***" : value, isSecret: true, isStandIn: value.isEmpty)
  }

  /// In a bake a token that is not there has most often been replaced by the one before.
  private func inSpec(_ problem: Diagnostic) -> Diagnostic {
    let help: String?
    switch problem.id {
    case "parameters.token" where problem.suggestion?.hasPrefix("check its spelling") == true:
      help =
        "check its spelling; where an earlier bake replaced it, take the file from Git again (`git checkout FILE`), or name the parameter in `set`, which can be baked twice"
    // Their own remedies are flags of `kiln parameters patch`.
    case "parameters.unknown" where problem.suggestion?.hasPrefix("--add") == true:
      help = "write it into the file, with any value"
    case "parameters.reference": help = "write a value into the file"
    default: return problem
    }
    return Diagnostic(
      problem.id, problem.message, severity: problem.severity, at: problem.location, details: problem.details,
      suggestion: help, notes: problem.notes)
  }

  /// A value of the form that the artifact will have.
  private static func standIn(_ kind: ArtifactKind) -> ParameterPatch.Value {
    let text =
      switch kind {
      case .vhd, .disk: "https://account.blob.core.windows.net/container/image.vhd"
      case .managedImage, .galleryImage:
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/group/providers/Microsoft.Compute/images/image"
      case .dockerImage, .ami, .other: "image"
      }
    return .init(text, artifactKind: kind)
  }

  /// One of the files with an image in the place of what the bake would have given, and secrets, as a private copy.
  /// - Parameters:
  ///   - file: Of the spec's, relative to the workspace's root.
  ///   - image: A VHD's URI, or an image's id.
  package func copy(
    of file: FilePath, image: String, at stage: String?, in folder: FilePath
  ) throws -> (path: FilePath, holdsSecret: Bool) {
    let kind = ArtifactKind.deployed(image)
    func entries(_ uses: [EnvironmentSpec.ParameterUse]) throws -> [ParameterPatch.Entry] {
      try artifacts(uses).map { name, wanted in
        guard wanted == kind else {
          throw CommandError(
            "parameters.kind", "\(name) takes the \(wanted) that a bake has made, and the image is a \(kind)",
            help: "name an image of that kind")
        }
        return .init(name, .init(image, artifactKind: wanted))
      }
    }
    var values = ParameterValues(artifacts: [], tokenArtifacts: [])
    values.secretParameters = variables(parameters.set)
    values.secretTokens = variables(parameters.tokens)
    var patch = try values.patch(nil, in: context)
    patch.parameters += try entries(parameters.set) + customData(Generator().customData(of: plan, at: stage))
    patch.tokens += try entries(parameters.tokens)
    patch.references = references
    let files = ParameterFiles(
      [file.string], template: parameters.template?.value.string, copies: (folder.string, folder, folder),
      isQuiet: true, context: context)
    let patched = try files.patched(by: patch, isHeld: false)
    context.console.report(patched.warnings, sources: patched.excerpts)
    try patched.replace()
    return (
      folder.appending(file.lastComponent?.string ?? ""), patched.files.contains { $0.patched.holdsSecret }
    )
  }

  /// As `kiln parameters patch` with the kept log.
  package func patch(_ report: PackerReport) throws {
    guard !isEmpty else { return }
    var values = ParameterValues(
      artifacts: artifacts(parameters.set).map { ($0.name, $0.kind.rawValue) },
      tokenArtifacts: artifacts(parameters.tokens).map { ($0.name, $0.kind.rawValue) })
    values.secretParameters = variables(parameters.set)
    values.secretTokens = variables(parameters.tokens)
    var patch = try values.patch(report, in: context)
    patch.references = references
    let patched = try files.patched(by: patch, isHeld: true)
    context.console.report(patched.warnings, sources: patched.excerpts)
    try patched.replace()
  }
}
