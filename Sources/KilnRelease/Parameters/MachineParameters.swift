import KilnAzure
package import KilnConsole
package import KilnDiagnostics
package import KilnPacker
package import KilnSpec
package import SystemPackage

/// The deployment parameters of an environment's machine: checked before it is baked, patched afterwards.
package struct MachineParameters: Sendable {
  package let machine: EnvironmentSpec.Machine
  package let parameters: EnvironmentSpec.DeploymentParameters
  /// What the builders that run leave behind.
  package let kinds: Set<ArtifactKind>
  /// In the workspace's root: files are named as its other files are.
  private let context: CommandContext

  /// Nil where the spec names no parameters.
  /// - Parameter builders: Those that run.
  package init?(
    of machine: EnvironmentSpec.Machine, by builders: [MachineBuilder], root: FilePath, context: CommandContext
  ) {
    guard let parameters = machine.parameters else { return nil }
    self.machine = machine
    self.parameters = parameters
    kinds = Set(builders.flatMap { machine.kinds(of: $0) })
    self.context = CommandContext(
      environment: context.environment, folder: root, console: context.console, processes: context.processes)
  }

  private func given(_ uses: [EnvironmentSpec.ArtifactUse]) -> [EnvironmentSpec.ArtifactUse] {
    uses.filter { kinds.contains($0.kind) }
  }

  private var isEmpty: Bool { given(parameters.uses).isEmpty }

  private var files: ParameterFiles {
    ParameterFiles(
      parameters.files.map(\.value.string), template: parameters.template?.value.string, context: context)
  }

  /// What the chosen builders cannot give, a line each.
  package var skipped: [String] {
    parameters.uses.filter { !kinds.contains($0.kind) }.map { use in
      let builder = machine.builders.first { machine.kinds(of: $0).contains(use.kind) }
      let reason = builder.map { "only \($0.rawValue) makes \(use.kind), and it does not run" }
      return "\(use.name) stays as it is: \(reason ?? "no builder makes \(use.kind)")"
    }
  }

  /// What would go wrong once the machine is baked: files that cannot be read, parameters and tokens that they have not,
  /// and what the template does not take.
  ///
  /// - Returns: Problems, and the texts that they show.
  package func check() throws -> (problems: [Diagnostic], sources: [String: String]) {
    guard !isEmpty else { return ([], [:]) }
    var patch = ParameterPatch()
    patch.parameters = given(parameters.set).map { .init($0.name, Self.standIn($0.kind)) }
    patch.tokens = given(parameters.tokens).map { .init($0.name, Self.standIn($0.kind)) }
    do {
      let patched = try files.patched(by: patch, isHeld: false)
      return (patched.warnings, patched.excerpts)
    } catch let error as CommandError {
      return (error.diagnostics.map(inSpec), error.sources)
    }
  }

  /// In a bake a token that is not there has most often been replaced by the one before.
  private func inSpec(_ problem: Diagnostic) -> Diagnostic {
    let help: String?
    switch problem.id {
    case "parameters.token":
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

  /// As `kiln parameters patch` with the kept log.
  package func patch(_ report: PackerReport) throws {
    guard !isEmpty else { return }
    let values = ParameterValues(
      artifacts: given(parameters.set).map { ($0.name, $0.kind.rawValue) },
      tokenArtifacts: given(parameters.tokens).map { ($0.name, $0.kind.rawValue) })
    let patched = try files.patched(by: try values.patch(report, in: context), isHeld: true)
    context.console.report(patched.warnings, sources: patched.excerpts)
    try patched.replace()
  }
}
