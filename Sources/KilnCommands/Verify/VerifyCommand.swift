import ArgumentParser
import Foundation
import KilnArtifacts
import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
import KilnPacker
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnWorkspace
import SystemPackage

struct VerifyCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Hold an environment to its spec: what runs, or its images.",
    discussion: """
      Examples:
        kiln verify acme                      while it is up: goss in every container, the pages of `health` and `checks`,
                                              and that the app reaches each service; else goss in the app's image
        kiln verify acme --junit report.xml   the same, with JUnit's XML for CI
        kiln verify acme --parity             container and machine side by side: packages, files, users, variables, the page

      --parity compares what `kiln build` and `kiln bake --only docker` made, and prints every difference. Exit 1 when one
      is not declared by a step's `only:`.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Flag(help: "Compare the container's image with the machine's.") var parity = false
  @Option(help: ArgumentHelp("The container's image; else what kiln build made.", valueName: "image"))
  var container: String?
  @Option(help: ArgumentHelp("The machine's image; else what kiln bake's manifest names.", valueName: "image"))
  var machine: String?
  @Option(help: ArgumentHelp("Write JUnit's XML to a file.", valueName: "file")) var junit: String?
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Argument(help: "The customer.") var customer: String

  var color: ColorChoice { options.color }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    let plan = try loaded.plan(of: customer)
    if parity {
      let image = try await containerImage(plan, loaded, context)
      try await compare(image, try machineImage(loaded), plan, context)
    } else {
      try await check(plan, loaded, context)
    }
  }

  /// The image that the present source gives, which must be there.
  private func containerImage(_ plan: EnvironmentPlan, _ loaded: LoadedWorkspace, _ context: CommandContext)
    async throws
    -> String
  {
    if let container { return container }
    let tree = try Generator().generate([plan])
    let images = try loaded.images(of: plan, in: tree)
    var reference = plan.runtimeImage
    if let app = images.first(where: { $0.kind == .app }) {
      let folder = WorkspaceLayout(loaded.workspace.root).contexts.pushing(FilePath(app.archive))
      let staged = try withExcerpts(app.sources) {
        try ContextStage(folder, below: loaded.workspace.root).update(app.source)
      }
      reference = app.reference(staged)
    }
    guard try await context.docker.id(of: reference.description) != nil else {
      throw CommandError("verify.image", "there is no image \(reference)", help: "`kiln build \(customer)`")
    }
    return reference.description
  }

  private func machineImage(_ loaded: LoadedWorkspace) throws -> String {
    if let machine { return machine }
    let manifest = WorkspaceLayout(loaded.workspace.root).bakeManifest(of: customer)
    guard let data = FileManager.default.contents(atPath: manifest.string), let last = try? PackerManifest(data),
      let id = last.dockerImage
    else {
      throw CommandError(
        "verify.machine", "\(manifest) names no machine that was baked into an image",
        help: "`kiln bake \(customer) --only docker`")
    }
    return id
  }

  private func compare(_ container: String, _ machine: String, _ plan: EnvironmentPlan, _ context: CommandContext)
    async throws
  {
    let probe = ParityProbe(plan)
    var facts: [[ParityProbe.Fact: String]] = []
    for image in [container, machine] {
      let inspection = ImageInspection(image: image, docker: context.docker.tool)
      var found = ParityProbe.facts(try await inspection.shell(probe.arguments))
      if let port = plan.spec.app?.port?.value {
        let path = plan.spec.app?.health?.value ?? "/"
        for path in Set(["/", path]) {
          found[.init(kind: "page", name: path)] = try await inspection.page(port: port, path: path)
        }
      }
      facts.append(found)
    }
    let table = ParityTable(container: facts[0], machine: facts[1], plan: plan)
    format == .json ? context.console.output(json: table.document) : context.console.output(table.text)
    if !table.undeclared.isEmpty { throw KilnExit.problems }
  }

  /// The environment that is up, or the app's image where none is.
  private func check(_ plan: EnvironmentPlan, _ loaded: LoadedWorkspace, _ context: CommandContext) async throws {
    let goss = try context.goss()
    let folder = try gossFiles(plan, loaded)
    let environment = try LocalEnvironment(customer, root: loaded.workspace.root, context)
    let containers = container == nil ? try await environment.containers() : []
    let report: VerificationReport
    if containers.isEmpty {
      report = try await imageReport(plan, goss, folder, loaded, context)
    } else {
      report = try await EnvironmentVerification(plan: plan, docker: context.docker.tool, goss: goss, folder: folder)
        .report(containers)
    }
    if let junit {
      let path = context.folder.pushing(FilePath(junit))
      try FileReplacement.replace([.init(path: path, bytes: Array(report.junit.utf8))])
    }
    format == .json ? context.console.output(json: report.document) : context.console.output(report.text)
    if !report.isRunning, !options.quiet {
      context.console.error("note: \(customer) is not up: its app's image alone was checked\n")
    }
    if !report.failed.isEmpty { throw KilnExit.problems }
  }

  /// The goss files of the plan, in a folder of their own.
  private func gossFiles(_ plan: EnvironmentPlan, _ loaded: LoadedWorkspace) throws -> FilePath {
    let folder = WorkspaceLayout(loaded.workspace.root).goss(of: customer)
    try EnvironmentPacking.makeFolder(folder)
    let tree = try Generator().generate([plan])
    let files = tree.files.filter { path, _ in
      path.text.hasPrefix("\(customer)/goss") && path.text.hasSuffix(".yaml")
    }
    try FileReplacement.replace(
      files.map { path, artifact in
        .init(path: folder.appending(FilePath(path.text).lastComponent?.string ?? path.text), bytes: artifact.bytes)
      })
    return folder
  }

  private func imageReport(
    _ plan: EnvironmentPlan, _ goss: String, _ folder: FilePath, _ loaded: LoadedWorkspace, _ context: CommandContext
  ) async throws -> VerificationReport {
    let image = try await containerImage(plan, loaded, context)
    let run = GossInContainer(docker: context.docker.tool, program: FilePath(goss), folder: folder)
    let result = try await ImageInspection(image: image, docker: context.docker.tool).goss(
      run, port: plan.spec.app?.port?.value)
    guard var checks = VerificationReport.Check.checks(gossOutput: result.output, container: "app") else {
      throw EngineFailure(engine: .docker, what: "check \(image)", answer: result.output + result.error)
    }
    let app = plan.spec.app
    let pages = (app?.health.map { [$0.value] } ?? []) + (app?.checks.map(\.path) ?? [])
    let later = pages.map { ("app", "HTTP: \($0)") } + plan.services.map { ($0.name, "Container: running") }
    checks += later.map { .init(container: $0.0, name: $0.1, outcome: .skipped, message: "\(customer) is not up") }
    return VerificationReport(customer: customer, isRunning: false, checks: checks)
  }
}
