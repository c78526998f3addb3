import KilnArtifacts
package import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnEngine
import KilnGeneration
import KilnPacker
package import KilnPlan
import KilnProcesses
import KilnSpec
package import KilnWorkspace
import SystemPackage

/// Holds an environment to its spec: what runs, or its images.
package struct EnvironmentCheck: Sendable {
  package let plan: EnvironmentPlan
  package let loaded: LoadedWorkspace
  /// The container's image that is looked at; else what runs, or what the present source gives.
  package let image: String?
  package let context: CommandContext

  package init(plan: EnvironmentPlan, loaded: LoadedWorkspace, image: String?, context: CommandContext) {
    self.plan = plan
    self.loaded = loaded
    self.image = image
    self.context = context
  }

  private var customer: String { plan.customer }

  /// The images that the present source gives, which must be there: of each app, or of the runtime where there is none.
  private func containerImages() async throws -> [(app: AppPlan?, image: String)] {
    if let image { return [(plan.apps.first, image)] }
    if plan.apps.isEmpty { return [(nil, try await present(plan.image(of: plan.runtime)))] }
    let images = try loaded.images(of: plan)
    var found: [(app: AppPlan?, image: String)] = []
    for app in plan.apps {
      guard let one = images.first(where: { $0.app == app.name }) else { continue }
      let folder = WorkspaceLayout(loaded.workspace.root).contexts.pushing(FilePath(one.archive))
      let staged = try withExcerpts(one.sources) {
        try ContextStage(folder, below: loaded.workspace.root).update(one.source)
      }
      found.append((app, try await present(one.reference(staged))))
    }
    return found
  }

  private func present(_ reference: ImageReference) async throws -> String {
    guard try await context.docker.id(of: reference.description) != nil else {
      throw CommandError("verify.image", "there is no image \(reference)", help: "`kiln build \(customer)`")
    }
    return reference.description
  }

  private func machineImage() throws -> String {
    let manifest = WorkspaceLayout(loaded.workspace.root).bakeManifest(of: customer)
    guard let bytes = try? RegularFile.read(manifest, limit: 1 << 26, following: .refused),
      let last = try? PackerManifest(bytes),
      let id = last.dockerImage
    else {
      throw CommandError(
        "verify.machine", "\(manifest) names no machine that was baked into an image",
        help: "`kiln bake \(customer) --only docker`")
    }
    return id
  }

  /// Container and machine side by side.
  /// - Parameter named: The machine's image; else what the last bake's manifest names.
  package func parity(machine named: String?) async throws -> ParityTable {
    guard let wanted = plan.machine else {
      throw CommandError("bake.machine", "\(customer) has no machine", help: "give its spec a `machine`")
    }
    let containers = try await containerImages()
    // The runtime alone where there is no app.
    guard let container = containers.first(where: { $0.app == wanted.app })?.image ?? containers.first?.image else {
      throw CommandError("verify.image", "\(customer) has no image to compare")
    }
    let machine = try named ?? machineImage()
    let probe = ParityProbe(wanted)
    var facts: [[ParityProbe.Fact: String]] = []
    for image in [container, machine] {
      let inspection = ImageInspection(
        image: image, values: wanted.app?.values ?? [], docker: context.docker.tool)
      var found = ParityProbe.facts(try await inspection.shell(probe.arguments))
      if let app = wanted.app?.spec, let port = app.port?.value {
        let path = app.health?.value ?? "/"
        for path in Set(["/", path]) {
          found[.init(kind: "page", name: path)] = try await inspection.page(port: port, path: path)
        }
      }
      facts.append(found)
    }
    return ParityTable(container: facts[0], machine: facts[1], plan: wanted)
  }

  /// The environment that is up, or the app's image where none is.
  package func report() async throws -> VerificationReport {
    let goss = try context.goss()
    let folder = try gossFiles()
    let environment = try LocalEnvironment(customer, root: loaded.workspace.root, context)
    let containers = image == nil ? try await environment.containers() : []
    let report =
      containers.isEmpty
      ? try await imageReport(goss, folder)
      : try await EnvironmentVerification(
        plan: environment.state.stage.flatMap { plan.at(stage: $0) } ?? plan, docker: context.docker.tool, goss: goss,
        folder: folder
      )
      .report(containers)
    return report.masked(SecretMask(of: plan, in: context.environment))
  }

  /// The goss files of a plan, in a folder of their own.
  static func gossFiles(of plan: EnvironmentPlan, below root: FilePath) throws -> FilePath {
    let folder = WorkspaceLayout(root).goss(of: plan.customer)
    try UnlinkedFolder.make(folder, below: root)
    let files = Generator().goss(of: plan).files
    try FileReplacement.replace(files.map { .init(path: folder.appending($0.name), bytes: Array($0.text.utf8)) })
    return folder
  }

  private func gossFiles() throws -> FilePath {
    try Self.gossFiles(of: plan, below: loaded.workspace.root)
  }

  private func imageReport(_ goss: String, _ folder: FilePath) async throws -> VerificationReport {
    var checks: [VerificationReport.Check] = []
    for (app, image) in try await containerImages() {
      let run = GossInContainer(docker: context.docker.tool, program: FilePath(goss), folder: folder)
      let inspection = ImageInspection(image: image, values: app?.values ?? [], docker: context.docker.tool)
      let result = try await inspection.goss(run, file: GossFiles.container(app?.name), port: app?.spec.port?.value)
      let name = app?.name ?? EnvironmentPlan.runtimeName
      guard let found = VerificationReport.Check.checks(gossOutput: result.output, container: name) else {
        throw EngineFailure(engine: .docker, what: "check \(image)", answer: result.output + result.error)
      }
      checks += found
      let pages = (app?.spec.health.map { [$0.value] } ?? []) + (app?.spec.checks.map(\.path) ?? [])
      checks += pages.map {
        .init(container: name, name: "HTTP: \($0)", outcome: .skipped, message: "\(customer) is not up")
      }
    }
    let others = plan.workloads.filter { $0.kind != .app && $0.kind != .migration }.map(\.name)
    checks += others.map {
      .init(container: $0, name: "Container: running", outcome: .skipped, message: "\(customer) is not up")
    }
    return VerificationReport(customer: customer, isRunning: false, checks: checks)
  }
}
