import ArgumentParser
import KilnConsole
import KilnEngine
import KilnSpec
import KilnWorkspace

struct BuildCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Build the images of environments.",
    discussion: """
      Examples:
        kiln build acme               runtime, app and services that are missing
        kiln build acme --image app   the app; its runtime where that is missing
        kiln build acme --push --format json
        kiln build --refresh --push   all again, with security updates

      An image's tag is a digest of what it is made from: one that exists already is
      not built again, and one that the registry has is pulled. --refresh gives the
      images another tag, which kiln.lock names: commit it. The engine's output goes
      to standard error; the result lists images and ids.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: ArgumentHelp("Only this image: app or a service's name; may be repeated.", valueName: "name"))
  var image: [String] = []
  @Option(help: "docker, podman or buildah; else the first that is there.") var engine: ContainerEngine.Kind?
  @Flag(help: "Push what the registry does not have.") var push = false
  @Flag(help: "Build also what is there.") var force = false
  @Flag(help: "Build again from a fresh base and fresh package lists.") var refresh = false
  @Flag(help: "Print all that the engine prints, not only its steps.") var verbose = false
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Argument(help: "Customers; all when none is named.") var customers: [String] = []

  func validate() throws { try options.refuse(verbose: verbose) }

  func run(in context: CommandContext) async throws {
    var loaded = try context.load(options, customers: customers)
    try context.stopOnErrors(loaded)
    let engine: ContainerEngine
    if let kind = self.engine {
      engine = ContainerEngine(kind, context.processes)
    } else {
      engine = try await .found(by: context.processes)
    }
    var build = try EnvironmentBuild(
      engine: engine, root: loaded.workspace.root, time: context.sourceDate(),
      isPushing: push, isForced: force, isQuiet: options.quiet, context: context)
    build.isVerbose = verbose
    let refresh = refresh ? try await ImageRefresh(of: loaded, named: image, engine: engine) : nil
    if let refresh {
      loaded = try context.load(options, customers: customers, refreshes: refresh.refreshes)
      build.remade = refresh.images(in: loaded)
    }
    let all = WorkspaceBuild(loaded, named: image, build)
    let results = try await all.run()
    try refresh?.write(loaded, context)
    format == .json
      ? context.console.output(json: all.document(results)) : context.console.output(WorkspaceBuild.text(results))
  }
}

extension ContainerEngine.Kind: ExpressibleByArgument {}
