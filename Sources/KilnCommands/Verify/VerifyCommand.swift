import ArgumentParser
import Foundation
import KilnArtifacts
import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnGeneration
import KilnPacker
import KilnPlan
import KilnSpec
import SystemPackage

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Hold an environment's images to their spec.",
    discussion: """
      Examples:
        kiln verify acme               goss in a container of the application's image
        kiln verify acme --parity      container and machine side by side: packages, files, users, variables, the page

      --parity compares what `kiln build` and `kiln bake --only docker` made, and prints every difference. Exit 1 when one
      is not declared by a step's `only:`.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Flag(help: "Compare the container's image with the machine's.") var parity = false
  @Option(help: ArgumentHelp("The container's image; else what kiln build made.", valueName: "image"))
  var container: String?
  @Option(help: ArgumentHelp("The machine's image; else what kiln bake's manifest names.", valueName: "image"))
  var machine: String?
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Argument(help: "The customer.") var customer: String

  func run() async throws { try await run(in: .current(color: options.color)) }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    guard let plan = loaded.plans.first(where: { $0.customer == customer }) else { throw KilnExit.problems }
    let image = try await containerImage(plan, loaded, context)
    do {
      if parity {
        try await compare(image, try machineImage(loaded, context), plan, context)
      } else {
        try await check(image, plan, loaded, context)
      }
    } catch let failure as EngineFailure {
      context.console.error("error: \(failure)\n")
      throw KilnExit.problems
    }
  }

  /// The image that the present source gives, which must be there.
  private func containerImage(_ plan: EnvironmentPlan, _ loaded: LoadedWorkspace, _ context: CommandContext)
    async throws
    -> String
  {
    if let container { return container }
    let tree = try Generator(name: KilnCommand.generator).generate([plan])
    let images = try context.images(of: plan, loaded, tree)
    var reference = plan.runtimeImage
    if let app = images.first(where: { $0.kind == .app }) {
      let folder = loaded.workspace.root.appending("dist").appending(".stage").pushing(FilePath(app.archive))
      let staged = try context.reporting(app.sources) { try ContextStage(folder).update(app.source) }
      reference = "\(app.repository):\(staged.digest.prefix(12))"
    }
    guard try await ContainerEngine.docker.id(of: reference) != nil else {
      context.console.error("error: there is no image \(reference)\n  = help: `kiln build \(customer)`\n")
      throw KilnExit.problems
    }
    return reference
  }

  private func machineImage(_ loaded: LoadedWorkspace, _ context: CommandContext) throws -> String {
    if let machine { return machine }
    let manifest = loaded.workspace.root.appending("dist").appending(customer).appending("packer-manifest.json")
    guard let data = FileManager.default.contents(atPath: manifest.string), let last = try? PackerManifest(data),
      let id = last.dockerImage
    else {
      context.console.error(
        "error: \(manifest) names no machine that was baked into an image\n  = help: `kiln bake \(customer) --only docker`\n"
      )
      throw KilnExit.problems
    }
    return id
  }

  private func compare(_ container: String, _ machine: String, _ plan: EnvironmentPlan, _ context: CommandContext)
    async throws
  {
    let probe = ParityProbe(plan)
    var facts: [[ParityProbe.Fact: String]] = []
    for image in [container, machine] {
      let inspection = ImageInspection(image: image)
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
    context.console.output(
      format == .json ? JSONRenderer(sortedKeys: true).render(table.document) : table.text)
    if !table.undeclared.isEmpty { throw KilnExit.problems }
  }

  /// goss in a container of the image.
  private func check(_ image: String, _ plan: EnvironmentPlan, _ loaded: LoadedWorkspace, _ context: CommandContext)
    async throws
  {
    let goss = try context.goss()
    let generated = loaded.workspace.root.pushing(loaded.workspace.output).appending(customer)
    let files = ["goss.yaml", "goss-container.yaml"].map { generated.appending($0).string }
    for file in files where !FileManager.default.fileExists(atPath: file) {
      context.console.error("error: \(file) is not there\n  = help: `kiln generate \(customer)`\n")
      throw KilnExit.problems
    }
    let result = try await ImageInspection(image: image).goss(goss, files: files, port: plan.spec.app?.port?.value)
    context.console.output(result.output)
    if !result.isSuccess { throw KilnExit.problems }
  }
}
