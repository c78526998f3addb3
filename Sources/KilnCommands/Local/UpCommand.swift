import ArgumentParser
import Foundation
import KilnArtifacts
import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnGeneration
import KilnPlan
import KilnSpec
import KilnWorkspace
import SystemPackage

struct UpCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Run a customer's environment on this machine.",
    discussion: """
      Examples:
        kiln up acme                    builds what is missing, starts all, waits until it is well, prints the URL
        kiln up acme --port 8081        the app at that port; without, the one it had, or one that is free
        kiln up acme --mount            the same, then follows edits of the source until Ctrl-C; `&` for the background
        kiln up acme --no-build         what is there already, or not at all
        kiln up acme --project acme-2   beside the acme of another working copy on the same engine

      Only the app's port is published, and only to this machine. Secrets come from the environment; all that are missing
      are reported at once. `kiln down` takes everything away but the volumes.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: "The app's port on this machine, 1 to 65535; else the one it had, or one that is free.") var port: Int?
  @Flag(help: "Follow edits of the source and the overlays: they show in the running app without a restart.")
  var mount = false
  @Flag(inversion: .prefixedNo, help: "Build images that are missing.") var build = true
  @Option(help: ArgumentHelp("How long to wait until all is well.", valueName: "seconds")) var timeout = 120
  @Option(help: ArgumentHelp("The Compose project's name, from now on; else the customer's.", valueName: "name"))
  var project: String?
  @Flag(help: "Take over what the same workspace left on the engine when it was in another folder.") var adopt = false
  @Argument(help: "The customer.") var customer: String

  func validate() throws {
    if let port, !(1...65535).contains(port) { throw ValidationError("--port is 1 to 65535, not \(port)") }
    if let project, project.range(of: "^[a-z0-9][a-z0-9_-]{0,62}$", options: .regularExpression) == nil {
      throw ValidationError("--project takes small letters, digits, - and _, not \"\(project)\"")
    }
  }

  var color: ColorChoice { options.color }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    let plan = try loaded.plan(of: customer)
    let tree = try Generator().generate([plan])
    guard let compose = tree["\(customer)/compose.yaml"] else {
      throw CommandError(
        "up.nothing", "\(customer) has neither an app nor services", help: "give its spec an `app` or `services`")
    }
    let secrets = try secretValues(plan, context)
    try await context.docker.check()
    var environment = try LocalEnvironment(customer, root: loaded.workspace.root, context)
    let lock = try await environment.lock()
    defer { lock.release() }
    // Another `kiln up` may have changed it before it let go.
    environment.state = LocalState(readingFrom: environment.folder)
    let objects = try await own(&environment, plan)
    let images = try context.images(of: plan, loaded, tree)
    var session = mount ? try session(images, plan, environment) : nil
    let built = try await build(images, plan, loaded, context)
    var start = EnvironmentStart(
      plan: plan, environment: environment, compose: compose.bytes, images: built, secrets: secrets,
      isFollowing: mount, timeout: timeout, isQuiet: options.quiet)
    let app = try await start.run(port: port, objects: objects)
    lock.release()
    if let app { try await session?.follow(container: app, tag: start.tag) }
  }

  /// The secrets' values; all that the environment lacks are reported.
  private func secretValues(_ plan: EnvironmentPlan, _ context: CommandContext) throws -> [SecretFiles.Value] {
    var missing: [String] = []
    let values = plan.localSecrets.compactMap { secret -> SecretFiles.Value? in
      guard let value = context.environment[secret.variable], !value.isEmpty else {
        if !missing.contains(secret.variable) { missing.append(secret.variable) }
        return nil
      }
      return .init(secret: secret, bytes: Array(value.utf8))
    }
    guard let first = missing.first else { return values }
    throw CommandError(
      missing.map { Diagnostic("up.secret", "the environment has no \($0)") }, kind: .problem,
      hints: ["secrets are given by the environment; `export \(first)=…`"])
  }

  /// Whose the project is: this workspace's, or the command stops.
  private func own(_ environment: inout LocalEnvironment, _ plan: EnvironmentPlan) async throws -> [EngineObject] {
    let volumes = plan.services.map { EnvironmentPlan.volume(of: $0.name) }
    if let project { environment.state.project = project == customer ? nil : project }
    if adopt { environment.state.adopted += try await environment.otherWorkspaces(volumes: volumes) }
    let objects = try await environment.ownObjects(volumes: volumes)
    // From here on it is known where this workspace's environment is, whatever becomes of it.
    try environment.state.write(to: environment.folder)
    return objects
  }

  private func session(_ images: [EnvironmentImage], _ plan: EnvironmentPlan, _ environment: LocalEnvironment) throws
    -> SourceSession?
  {
    guard let image = images.first(where: { $0.kind == .app }), let workdir = plan.spec.app?.workdir.value else {
      environment.context.console.error("note: \(customer) has no app: there are no edits to follow\n")
      return nil
    }
    return try SourceSession(environment, image, workdir: workdir)
  }

  /// Builds what is missing.
  private func build(
    _ images: [EnvironmentImage], _ plan: EnvironmentPlan, _ loaded: LoadedWorkspace, _ context: CommandContext
  ) async throws -> [BuiltImage] {
    let environment = EnvironmentBuild(
      engine: context.docker, root: loaded.workspace.root,
      time: try context.sourceDate(), isPushing: false, isForced: false,
      isQuiet: options.quiet, isMissingOnly: !build, context: context)
    // Nothing runs the runtime image: the app's has what is in it.
    let wanted = build ? images : images.filter { $0.kind != .runtime }
    return try await environment.build(wanted, of: plan, known: [])
  }
}
