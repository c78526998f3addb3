import KilnArtifacts
package import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
package import KilnPacker
package import KilnPlan
package import KilnProcesses
import KilnSpec
import KilnVerify
package import KilnWorkspace
import SystemPackage

/// Bakes an environment's machine: packs the application, runs Packer on the generated template, holds its log against
/// its manifest and patches the deployment parameters that the spec names.
package struct MachineBake: Sendable {
  package let plan: EnvironmentPlan
  package let loaded: LoadedWorkspace
  /// The only builders that run; all where none is named.
  package let only: [String]
  package let workers: Workers
  package let isQuiet: Bool
  package let context: CommandContext

  package init(
    plan: EnvironmentPlan, loaded: LoadedWorkspace, only: [String], workers: Workers, isQuiet: Bool,
    context: CommandContext
  ) {
    self.plan = plan
    self.loaded = loaded
    self.only = only
    self.workers = workers
    self.isQuiet = isQuiet
    self.context = context
  }

  private var root: FilePath { loaded.workspace.root }

  /// - Returns: What was built.
  package func run() async throws -> PackerReport {
    guard let machine = plan.spec.machine else {
      throw CommandError("bake.machine", "\(plan.customer) has no machine", help: "give its spec a `machine`")
    }
    let tree = try Generator().generate([plan])
    try refuseStale()
    let layout = WorkspaceLayout(root)
    let app = try loaded.images(of: plan).filter { $0.kind == .app }
    let packed = try EnvironmentPacking(
      dist: layout.dist, below: root, compression: .none, time: context.sourceDate(), workers: workers
    ).run(app, context, isQuiet: isQuiet)
    try UnlinkedFolder.make(layout.folder(of: plan.customer), below: root)
    let folder = try BakeFolder(of: plan.customer, in: tree)
    defer { folder.remove() }
    let packer = PackerRun(
      folder: folder, archive: packed.first?.path, log: layout.bakeLog(of: plan.customer),
      manifest: layout.bakeManifest(of: plan.customer), only: only, isQuiet: isQuiet, context: context)
    let missing = plan.secrets(of: .build).compactMap {
      plan.problem(ofVariable: $0.variable, in: context.environment)
    }
    let report = try await packer.run(needsAzure: machine.azure != nil, missingSecrets: missing)
    let start: MachineStart = only == ["docker"] || machine.azure == nil ? .container : .systemd
    if let note = MachineAnswers(plan, start).note { context.console.error("\(plan.customer): \(note)\n") }
    for image in report.builds.flatMap(\.artifacts).filter({ $0.kind == .dockerImage }).compactMap(\.reference) {
      try await MachineCheck(plan: plan, root: root, context: context).run(image: image)
    }
    if let parameters = machine.parameters { try patch(parameters, report) }
    return report
  }

  /// What is baked is what was reviewed: the generated files are those of the specs.
  private func refuseStale() throws {
    let stale = try GeneratedOutput(loaded: loaded, folder: nil, workers: workers).stale(plan)
    guard !stale.isEmpty else { return }
    let files = "\(Phrase.count(stale.count, "generated file")) of \(plan.customer) \(stale.count == 1 ? "is" : "are")"
    let names = stale.prefix(3).joined(separator: ", ") + (stale.count > 3 ? " …" : "")
    throw CommandError(
      "bake.stale", "\(files) not what the specs say: \(names)", help: "`kiln generate \(plan.customer)`")
  }

  /// As `kiln parameters patch` with the kept log.
  private func patch(_ parameters: EnvironmentSpec.DeploymentParameters, _ report: PackerReport) throws {
    func absolute(_ path: FilePath) -> String { root.pushing(path).lexicallyNormalized().string }
    let values = ParameterValues(
      artifacts: parameters.set.map { ($0.name, $0.kind.rawValue) },
      tokenArtifacts: parameters.tokens.map { ($0.name, $0.kind.rawValue) })
    let files = ParameterFiles(
      parameters.files.map { absolute($0.value) }, template: parameters.template.map { absolute($0.value) },
      context: context)
    let patched = try files.patched(by: try values.patch(report, in: context), isHeld: true)
    context.console.report(patched.warnings, sources: patched.excerpts)
    try patched.replace()
  }
}
