import ArgumentParser
import KilnArtifacts
import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
import KilnPlan
import KilnSpec
import KilnWorkspace
import SystemPackage

struct BuildCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Build the images of environments.",
    discussion: """
      Examples:
        kiln build acme               runtime, app and services that are missing
        kiln build acme --image app   the app; its runtime where that is missing
        kiln build acme --push --format json

      An image's tag is a digest of what it is made from: one that exists already is
      not built again. --push needs a `registry`. The engine's output goes to
      standard error; the result lists images and ids.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: ArgumentHelp("Only this image: app or a service's name; may be repeated.", valueName: "name"))
  var image: [String] = []
  @Option(help: "docker, podman or buildah; else the first that is there.") var engine: ContainerEngine.Kind?
  @Flag(help: "Push what the registry does not have.") var push = false
  @Flag(help: "Build also what is there.") var force = false
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Argument(help: "Customers; all when none is named.") var customers: [String] = []

  var color: ColorChoice { options.color }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: customers)
    try context.stopOnErrors(loaded)
    let engine: ContainerEngine
    if let kind = self.engine {
      engine = ContainerEngine(kind, context.processes)
    } else {
      engine = try await .found(by: context.processes)
    }
    let build = try EnvironmentBuild(
      engine: engine, root: loaded.workspace.root, time: context.sourceDate(),
      isPushing: push, isForced: force, isQuiet: options.quiet, context: context)
    try build.refuseWithoutRegistry(loaded.plans)
    var results: [BuiltImage] = []
    for plan in loaded.plans {
      var images = try loaded.images(of: plan, named: image)
      if !image.isEmpty {
        // An application needs its runtime.
        let isNeeded = image.contains("app")
        images = images.filter { image.contains($0.name) || isNeeded && $0.kind == .runtime }
      }
      results += try await build.build(images, of: plan, known: results)
    }
    format == .json ? context.console.output(json: document(results, engine)) : context.console.output(text(results))
  }

  private func text(_ results: [BuiltImage]) -> String {
    results.map { "\($0.image) \($0.id)\($0.digest.map { " \($0)" } ?? "")\n" }.joined()
  }

  private func document(_ results: [BuiltImage], _ engine: ContainerEngine) -> DocumentValue {
    ["schemaVersion": 1, "engine": .string(engine.name), "images": .list(results.map(\.document))]
  }
}

extension ContainerEngine.Kind: ExpressibleByArgument {}
