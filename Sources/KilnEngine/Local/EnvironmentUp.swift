import KilnArtifacts
package import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnGeneration
package import KilnPlan
import KilnProcesses
import KilnSpec
package import KilnWorkspace
import SystemPackage

/// Builds what is missing of an environment, starts all and waits until it is well.
package struct EnvironmentUp: Sendable {
  package let plan: EnvironmentPlan
  /// Ports of apps on this machine; else those that they had, or free ones.
  package let ports: [String: Int]
  /// Whether edits of the source are followed afterwards.
  package let isFollowing: Bool
  package let isBuilding: Bool
  /// Seconds until all must be well.
  package let timeout: Int
  /// The Compose project, from now on.
  package let project: String?
  /// Whether what another workspace of Kiln's left is taken over.
  package let isAdopting: Bool
  package let isQuiet: Bool
  /// Whether everything is shown that the engine prints while it builds.
  package var isVerbose = false
  /// The stage whose values the apps have; nil for none. The plan is the stage's.
  package var stage: String?
  /// Whether results name the customer.
  package let isOneOfSeveral: Bool
  /// Whether the apps have HTTPS, from now on; nil for as before.
  package var isProxied: Bool?
  /// Whether the result is the address for browsers, which is opened there.
  package var isOpening = false

  package init(
    plan: EnvironmentPlan, ports: [String: Int], isFollowing: Bool, isBuilding: Bool, timeout: Int, project: String?,
    isAdopting: Bool, isQuiet: Bool, isOneOfSeveral: Bool = false
  ) {
    self.plan = plan
    self.ports = ports
    self.isFollowing = isFollowing
    self.isBuilding = isBuilding
    self.timeout = timeout
    self.project = project
    self.isAdopting = isAdopting
    self.isQuiet = isQuiet
    self.isOneOfSeveral = isOneOfSeveral
  }

  private var customer: String { plan.customer }

  package func run(_ loaded: LoadedWorkspace, _ context: CommandContext) async throws {
    guard let compose = Generator().compose(of: plan) else {
      throw CommandError(
        "up.nothing", "\(customer) has neither an app nor services", help: "give its spec an `app` or `services`")
    }
    let secrets = try SecretFiles.values(of: plan.localSecrets, in: plan, context)
    try await context.docker.check()
    var environment = try LocalEnvironment(customer, root: loaded.workspace.root, context)
    let lock = try await environment.lock()
    defer { lock.release() }
    // Another `kiln up` may have changed it before it let go.
    environment.state = LocalState(readingFrom: environment.folder)
    environment.state.stage = stage
    let objects = try await own(&environment)
    let addresses = LocalAddresses(plan: plan, environment: environment)
    try await addresses.check()
    // Before minutes go into building.
    var ports: [String: Int] = [:]
    for app in plan.apps where app.spec.port != nil {
      ports[app.name] = try await LocalPort.choose(self.ports[app.name], for: app.name, environment)
    }
    let images = try loaded.images(of: plan)
    let sessions = isFollowing ? try sessions(images, environment) : []
    let built = try await build(images, loaded, context)
    var start = EnvironmentStart(
      plan: plan, environment: environment, compose: Array(compose.utf8), images: built, secrets: secrets,
      isFollowing: isFollowing, timeout: timeout, isQuiet: isQuiet)
    let apps = try await start.run(ports: ports, objects: objects)
    let urls = try await addresses.names { try await image(loaded, context) }
    lock.release()
    await addresses.say(
      urls, of: apps, isOneOfSeveral: isOneOfSeveral, isOpening: isOpening, isQuiet: isQuiet)
    try await withThrowingTaskGroup { group in
      for (app, session) in sessions {
        guard let container = apps.first(where: { $0.name == app })?.container else { continue }
        let tag = start.tag(of: app)
        group.addTask {
          var session = session
          try await session.follow(container: container, tag: tag)
        }
      }
      try await group.waitForAll()
    }
  }

  /// Whose the project is: this workspace's, or the command stops.
  private func own(_ environment: inout LocalEnvironment) async throws -> [EngineObject] {
    let volumes = plan.workloads.flatMap(\.volumes).map(\.name)
    if let isProxied { environment.state.isProxied = isProxied ? nil : false }
    if let project { environment.state.project = project == customer ? nil : project }
    if isAdopting {
      // Compose may make the network again.
      try? await LocalProxy(environment.context).leave(environment.project.name)
      environment.state.adopted += try await environment.otherWorkspaces(volumes: volumes)
    }
    let objects = try await environment.ownObjects(volumes: volumes)
    // From here on it is known where this workspace's environment is, whatever becomes of it.
    try environment.state.write(to: environment.folder)
    return objects
  }

  private func sessions(
    _ images: [EnvironmentImage], _ environment: LocalEnvironment
  ) throws -> [(app: String, session: SourceSession)] {
    if plan.apps.isEmpty {
      environment.context.console.error("note: \(customer) has no app: there are no edits to follow\n")
    }
    return try plan.apps.compactMap { app in
      try images.first { $0.app == app.name }.map { image in
        (app.name, try SourceSession(environment, image, app: app.name, workdir: app.spec.workdir.value))
      }
    }
  }

  /// Builds what is missing.
  private func build(
    _ images: [EnvironmentImage], _ loaded: LoadedWorkspace, _ context: CommandContext
  ) async throws -> [BuiltImage] {
    // Nothing runs a runtime's image: the app's has what is in it.
    try await builder(loaded, context).build(
      images.filter { !$0.isRuntime }, of: plan, known: [], on: images.filter(\.isRuntime))
  }

  /// The proxy's.
  private func image(_ loaded: LoadedWorkspace, _ context: CommandContext) async throws -> String {
    guard let image = try loaded.proxyImage(beside: plan),
      let built = try await builder(loaded, context).build([image], of: plan, known: []).first
    else { throw CommandError("proxy.image", "the catalog has no proxy for this base") }
    return built.image
  }

  private func builder(_ loaded: LoadedWorkspace, _ context: CommandContext) throws -> EnvironmentBuild {
    var environment = EnvironmentBuild(
      engine: context.docker, root: loaded.workspace.root,
      time: try context.sourceDate(), isPushing: false, isForced: false,
      isQuiet: isQuiet, isMissingOnly: !isBuilding, context: context)
    environment.isVerbose = isVerbose
    return environment
  }
}
