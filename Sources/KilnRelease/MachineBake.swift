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
  /// The only builders that run, by name; the machine's usual ones where none is named.
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
    guard let machinePlan = plan.machine, let machine = plan.spec.machine else {
      throw CommandError("bake.machine", "\(plan.customer) has no machine", help: "give its spec a `machine`")
    }
    let builders = try builders(of: machine)
    let parameters = MachineParameters(of: plan, by: builders, root: root, context: context)
    // What would fail after twenty minutes is said now.
    for line in parameters?.skipped ?? [] { context.console.error("\(plan.customer): \(line)\n") }
    try parameters?.refuseMissingSecrets()
    if let (problems, sources) = try parameters?.check() {
      if problems.hasErrors { throw CommandError(problems, sources: sources) }
      context.console.report(problems, sources: sources)
    }
    let tree = try Generator().generate([plan])
    try refuseStale()
    for builder in builders {
      let answers = MachineAnswers(plan, machinePlan, builder == .docker ? .container : .systemd)
      if let note = answers.note { context.console.error("\(plan.customer): \(builder.rawValue): \(note)\n") }
    }
    let layout = WorkspaceLayout(root)
    let packed = try pack()
    try UnlinkedFolder.make(layout.folder(of: plan.customer), below: root)
    let folder = try BakeFolder(of: plan.customer, in: tree)
    defer { folder.remove() }
    let packer = PackerRun(
      folder: folder, archive: packed.first?.path, log: layout.bakeLog(of: plan.customer),
      manifest: layout.bakeManifest(of: plan.customer), only: builders.map(\.rawValue), isQuiet: isQuiet,
      mask: SecretMask(of: plan, in: context.environment, besides: ["ARM_CLIENT_SECRET"]), context: context)
    let missing =
      (machinePlan.app.map { plan.secrets(of: .build($0.name)) } ?? []).compactMap {
        plan.problem(ofVariable: $0.variable, in: context.environment)
      }
      + (builders.contains(.azure) ? plan.azureProblems(in: context.environment) : [])
    let report = try await packer.run(
      needsAzure: builders.contains(.azure), capturesVHD: machine.kinds(of: .azure).contains(.vhd),
      missingSecrets: missing)
    for image in report.builds.flatMap(\.artifacts).filter({ $0.kind == .dockerImage }).compactMap(\.reference) {
      try await MachineCheck(plan: plan, root: root, context: context).run(image: image)
      try await name(image, packed.first?.tarDigest)
    }
    try remember(report, of: contents(packed.first?.tarDigest))
    try parameters?.patch(report)
    return report
  }

  private func pack() throws -> [PackedArchive] {
    let app = try loaded.images(of: plan).filter { $0.app != nil && $0.app == plan.machine?.app?.name }
    return try EnvironmentPacking(
      dist: WorkspaceLayout(root).dist, below: root, compression: .none, time: context.sourceDate(), workers: workers
    ).run(app, context, isQuiet: isQuiet)
  }

  /// Over what the machine and the application in it are made from.
  private func contents(_ application: String?) -> ContentDigest {
    ContentDigest(of: "\(plan.machineDigest?.description ?? "") \(application ?? "")")
  }

  /// What a bake would be of now.
  package func contents() throws -> String { contents(try pack().first?.tarDigest).description }

  /// What the last bake has made, where it was of what the spec and the sources say now.
  package func known(_ contents: String) -> BakeRecord? {
    BakeRecord.read(WorkspaceLayout(root).bakeRecord(of: plan.customer)).flatMap {
      $0.contents == contents && $0.workspace == WorkspaceIdentity(root: root).id ? $0 : nil
    }
  }

  private func remember(_ report: PackerReport, of contents: ContentDigest) throws {
    let images = report.builds.flatMap(\.artifacts).compactMap { artifact in
      artifact.reference.map { BakeRecord.Image(kind: artifact.kind.rawValue, reference: $0) }
    }
    let path = WorkspaceLayout(root).bakeRecord(of: plan.customer)
    let earlier = known(contents.description)
    // Builders may run one after the other.
    let kept = (earlier?.images ?? []).filter { old in !images.contains { $0.kind == old.kind } }
    try BakeRecord(
      workspace: WorkspaceIdentity(root: root).id, contents: contents.description, images: images + kept
    ).write(path)
  }

  /// Gives the image that the docker builder made a name: what the machine is made from, and what is in its application.
  func name(_ id: String, _ application: String?) async throws {
    let image = plan.machineImage(tag: contents(application).tag).description
    try await context.docker.tag(id, as: image)
    try ImageLedger(root: root).add(.docker, image, id)
    let app = plan.machine?.app
    let port = app?.spec.port.map { "--publish 127.0.0.1::\($0.value) " } ?? ""
    var values = ""
    if let app, !app.values.isEmpty {
      // An image has none of them.
      let file = WorkspaceLayout(root).folder(of: plan.customer).appending("values.env")
      let lines = app.values.map { "\($0.name)=\($0.value)\n" }.joined()
      try FileReplacement.replace([.init(path: file, bytes: Array(lines.utf8))])
      values = "--env-file dist/\(plan.customer)/values.env "
    }
    context.console.error("\(plan.customer): docker: `docker run --rm \(port)\(values)\(image)` runs it\n")
  }

  private func builders(of machine: EnvironmentSpec.Machine) throws -> [MachineBuilder] {
    let names = only.flatMap { $0.split(separator: ",").map(String.init) }
    guard !names.isEmpty else { return machine.usualBuilders }
    let known = machine.builders.map(\.rawValue)
    return try names.map { name in
      if let builder = machine.builders.first(where: { $0.rawValue == name }) { return builder }
      let near = known.first { $0.hasPrefix(name) } ?? nearest(to: name, among: known)
      throw CommandError(
        "bake.builder", "the machine of \(plan.customer) has no builder \"\(name)\"",
        help: near.map { "did you mean \"\($0)\"?" } ?? "there are: \(Phrase.list(known))")
    }
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
}
