import ArgumentParser
import Foundation
import KilnArtifacts
import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnGeneration
import KilnPlan
import KilnSpec
import SystemPackage

struct UpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Run a customer's environment on this machine.",
    discussion: """
      Examples:
        kiln up acme                    builds what is missing, starts all, waits until it is well, prints the URL
        kiln up acme --port 8081        the app at that port; without, and where it is taken, one that is free
        kiln up acme --mount            the same runtime with the source bound over the app's folder
        kiln up acme --no-build         what is there already, or not at all

      Only the app's port is published, and only to this machine. Secrets come from the environment; all that are missing
      are told at once. `kiln down` takes everything away but the volumes.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: "The app's port on this machine; else one that is free.") var port: Int?
  @Flag(help: "Bind the source, and the overlays on it, instead of what the image has: an edit shows at once.")
  var mount = false
  @Flag(inversion: .prefixedNo, help: "Build images that are missing.") var build = true
  @Option(help: ArgumentHelp("How long to wait until all is well.", valueName: "seconds")) var timeout = 120
  @Argument(help: "The customer.") var customer: String

  func run() async throws { try await run(in: .current(color: options.color)) }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    guard let plan = loaded.plans.first(where: { $0.customer == customer }) else { throw KilnExit.problems }
    let generator = Generator(name: KilnCommand.generator)
    let tree = try generator.generate([plan])
    guard let compose = tree["\(customer)/compose.yaml"] else {
      context.console.error("error: \(customer) has neither an app nor services\n")
      throw KilnExit.problems
    }
    let file = loaded.workspace.root.appending("dist").appending(customer).appending("compose.yaml")
    try EnvironmentPacking.makeFolder(file.removingLastComponent())
    try FileReplacement.replace([.init(path: file, bytes: compose.bytes, isPrivate: false)])
    try checkSecrets(generator.composeVariables(of: plan), context)
    do {
      try await ContainerEngine.docker.check()
      let port = try await freePort(context)
      let tag = try await images(plan, loaded, tree, context)
      try await tellWhatIsUp(plan, tag, context)
      let files = [file] + (mount ? [try mounts(plan, loaded, beside: file, context)] : [])
      try await start(plan, files, tag, port, context)
    } catch let failure as EngineFailure {
      context.console.error("error: \(failure)\n")
      throw KilnExit.problems
    } catch is Tool.Missing {
      context.console.error("error: docker is not on the PATH\n  = help: `kiln doctor` says what installs it\n")
      throw KilnExit.problems
    }
  }

  private func checkSecrets(_ variables: [String], _ context: CommandContext) throws {
    let missing = variables.filter { (context.environment[$0] ?? "").isEmpty }
    guard !missing.isEmpty else { return }
    for variable in missing { context.console.error("error: the environment has no \(variable)\n") }
    context.console.error("  = help: secrets are given by the environment; `export \(missing[0])=…`\n")
    throw KilnExit.problems
  }

  /// Builds what is missing.
  /// - Returns: The tag of the app's image.
  private func images(
    _ plan: EnvironmentPlan, _ loaded: LoadedWorkspace, _ tree: ArtifactTree, _ context: CommandContext
  ) async throws -> String {
    let images = try context.images(of: plan, loaded, tree)
    let environment = EnvironmentBuild(
      engine: .docker, root: loaded.workspace.root, time: try context.sourceDate(), isPushing: false, isForced: false,
      isQuiet: options.quiet, isMissingOnly: !build, context: context)
    let built = try await environment.build(images, of: plan, known: [])
    return built.first { $0.name == "app" }.map { String($0.image.split(separator: ":").last ?? "") } ?? ""
  }

  /// What is up already: the same, or another version of it, which Compose replaces.
  private func tellWhatIsUp(_ plan: EnvironmentPlan, _ tag: String, _ context: CommandContext) async throws {
    let containers = try await EnvironmentVerification.containers(of: customer)
    guard !containers.isEmpty, !options.quiet else { return }
    let replaced = containers.filter { container in
      container.service == "app"
        ? container.image != "\(plan.appRepository):\(tag)"
        : !plan.services.contains { $0.name == container.service && $0.digest.description == container.digest }
    }
    context.console.error(
      replaced.isEmpty
        ? "note: \(customer) is up already, with these images\n"
        : "note: another version of \(customer) is up; replaced: \(replaced.map(\.service).joined(separator: ", "))\n")
  }

  /// The wanted port; nil, for one that is free, where somebody else has it.
  private func freePort(_ context: CommandContext) async throws -> Int? {
    guard let port, !LocalPort.isFree(port) else { return port }
    let states = try await ComposeProject(customer: customer, context: context).states()
    if states.contains(where: { $0.Publishers?.contains { $0.PublishedPort == port } ?? false }) { return port }
    context.console.error(
      "note: port \(port) of this machine is taken: the app gets one that is free, see the URL; `ss -ltnp` says who has it\n"
    )
    return nil
  }

  /// The source over the app's folder, and each overlay's files over the source, as a second Compose file.
  private func mounts(
    _ plan: EnvironmentPlan, _ loaded: LoadedWorkspace, beside file: FilePath, _ context: CommandContext
  )
    throws -> FilePath
  {
    let path = file.removingLastComponent().appending("compose.mount.yaml")
    guard let app = plan.spec.app else { return path }
    func bind(_ source: FilePath, _ target: String) -> DocumentValue {
      [
        "type": "bind", "source": .string(source.string.substituting("$", with: "$$")),
        "target": .string(target.substituting("$", with: "$$")),
      ]
    }
    let root = loaded.workspace.root
    var volumes = [bind(root.pushing(app.source.value).lexicallyNormalized(), app.workdir.value)]
    for overlay in app.overlays {
      let folder = root.pushing(overlay.value).lexicallyNormalized()
      for entry in try ContextPacker.list(ContextSource(folder: folder)).entries where entry.kind != .directory {
        volumes.append(bind(folder.pushing(FilePath(entry.name)), "\(app.workdir.value)/\(entry.name)"))
      }
    }
    if let tokens = app.tokens {
      context.console.error(
        "note: tokens are not replaced in a bound source: \(tokens.files.map(\.value).joined(separator: ", "))\n")
    }
    // PHP looks at a file again only after two seconds; here it looks at every request.
    let settings = file.removingLastComponent().appending("mount")
    try EnvironmentPacking.makeFolder(settings)
    let ini = Array("opcache.revalidate_freq = 0\n".utf8)
    try FileReplacement.replace([.init(path: settings.appending("mount.ini"), bytes: ini, isPrivate: false)])
    volumes.append(bind(settings, "/run/kiln-mount"))
    let document: DocumentValue = [
      "services": ["app": ["environment": ["PHP_INI_SCAN_DIR": ":/run/kiln-mount"], "volumes": .list(volumes)]]
    ]
    let text = YAMLRenderer(documentStart: false).render(document)
    try FileReplacement.replace([.init(path: path, bytes: Array(text.utf8), isPrivate: false)])
    return path
  }

  private func start(
    _ plan: EnvironmentPlan, _ files: [FilePath], _ tag: String, _ port: Int?, _ context: CommandContext
  ) async throws {
    let project = ComposeProject(customer: customer, context: context)
    let variables = [
      EnvironmentVariables.appTag: tag, EnvironmentVariables.port: port.map(String.init) ?? "",
    ]
    let code = try await project.stream(
      ["up", "--detach", "--remove-orphans", "--wait", "--wait-timeout", String(timeout)], files: files,
      environment: variables)
    try Interruption.check()
    let states = try await project.states()
    let ill = states.filter { !$0.isWell }
    if code != 0 || !ill.isEmpty {
      for state in ill {
        context.console.error("error: \(state.Service) is not well: \(state.text)\n")
        let lines = try await project.lastLines(of: state.Service)
        for line in lines.split(separator: "\n").suffix(15) {
          context.console.error("  \(Relayed.safe(String(line)))\n")
        }
        if let advice = try await project.memoryAdvice(for: state) { context.console.error("  = help: \(advice)\n") }
      }
      if ill.isEmpty { context.console.error("error: docker compose ended with \(code)\n") }
      context.console.error("  = help: `kiln logs \(customer)` has the rest; `kiln down \(customer)` takes it away\n")
      throw KilnExit.problems
    }
    guard let target = plan.spec.app?.port?.value,
      let port = states.first(where: { $0.Service == "app" })?.Publishers?.first(where: {
        $0.TargetPort == target && $0.PublishedPort != 0
      })?.PublishedPort
    else { return }
    context.console.output("http://127.0.0.1:\(port)/\n")
  }
}
