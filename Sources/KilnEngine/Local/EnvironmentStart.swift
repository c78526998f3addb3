import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import KilnGeneration
package import KilnPlan
import KilnProcesses
import KilnSpec
package import SystemPackage

/// Starts an environment whose images are there.
package struct EnvironmentStart {
  package let plan: EnvironmentPlan
  package var environment: LocalEnvironment
  /// The generated Compose file.
  package let compose: [UInt8]
  package let images: [BuiltImage]
  package let secrets: [SecretFiles.Value]
  /// Whether the app will follow its source.
  package let isFollowing: Bool
  package let timeout: Int
  package let isQuiet: Bool
  /// What it was started from, and with which variables, once it was.
  package private(set) var files: [FilePath] = []
  package private(set) var variables: [String: String] = [:]

  package init(
    plan: EnvironmentPlan, environment: LocalEnvironment, compose: [UInt8], images: [BuiltImage],
    secrets: [SecretFiles.Value], isFollowing: Bool, timeout: Int, isQuiet: Bool
  ) {
    self.plan = plan
    self.environment = environment
    self.compose = compose
    self.images = images
    self.secrets = secrets
    self.isFollowing = isFollowing
    self.timeout = timeout
    self.isQuiet = isQuiet
  }

  /// An app that is up and well.
  package struct App: Sendable {
    package let name: String
    /// Its id.
    package let container: String?
    /// Of this machine.
    package let port: Int?
  }

  var context: CommandContext { environment.context }
  var customer: String { plan.customer }

  /// The tag of an app's image; empty where it was not built.
  package func tag(of app: String) -> String {
    images.first { $0.name == app }.map { String($0.image.split(separator: ":").last ?? "") } ?? ""
  }

  /// - Parameters:
  ///   - ports: The apps' ports of this machine; one that is free where there is none.
  ///   - objects: What the engine has of the project.
  /// - Returns: Once all is well.
  package mutating func run(ports: [String: Int], objects: [EngineObject]) async throws -> [App] {
    let former = try await containers()
    let digests = Dictionary(grouping: secrets, by: \.secret.service).mapValues {
      SecretFiles.digest(of: $0, key: environment.state.key)
    }
    let earlier = try await environment.secretFolders()
    try await prepare(ports: ports, digests)
    let words = OutputTail()
    try await migrate(files, variables, digests)
    let code = try await environment.project.stream(
      ["up", "--detach", "--remove-orphans", "--wait", "--wait-timeout", String(timeout)], files: files,
      environment: variables, isShown: !isQuiet, tail: words)
    if Interruption.count > 0 { throw Self.interrupted(customer) }
    for name in earlier.subtracting(try await environment.secretFolders()).subtracting([environment.state.secrets ?? ""]
    ) {
      SecretFiles.remove(named: name)
    }
    try await sayWhatWasReplaced(former)
    for service in plan.services { try await reportPassword(of: service, digests[service.name], objects) }
    var states = try await environment.project.states()
    let isRecovered =
      code != 0 && objects.contains { $0.kind == .container } ? try await awaitRecovery(&states) : false
    try await stopOnIllness(
      states, isRecovered ? 0 : code, isQuiet ? BuildFailure.lines(of: words.text) : [],
      of: plan.workloads.filter { $0.kind != .migration }.map(\.name))
    let apps = plan.apps.compactMap { app -> App? in
      guard let state = states.first(where: { $0.Service == app.name }) else { return nil }
      let publisher = state.Publishers?.first { $0.TargetPort == app.spec.port?.value && $0.PublishedPort != 0 }
      return App(name: app.name, container: state.ID, port: publisher?.PublishedPort)
    }
    for app in apps { if let port = app.port { environment.state.ports[app.name] = port } }
    try environment.state.write(to: environment.folder)
    return apps
  }

  /// Writes what Compose reads, and starts nothing.
  package mutating func prepare() async throws {
    try await prepare(ports: [:], [:])
    // Of apps that do not run no image is asked for, but Compose wants a value.
    for app in plan.apps where tag(of: app.name).isEmpty {
      variables[EnvironmentVariables.tag(of: app.name)] = "none"
    }
  }

  private mutating func prepare(ports: [String: Int], _ digests: [String: String]) async throws {
    let folder = try await writeSecrets()
    let session = isFollowing ? String(LocalState.random().prefix(16)) : nil
    let local = LocalCompose(
      plan: plan, root: environment.identity.root, secrets: digests, session: session, run: environment.run)
    files = [
      environment.folder.path.appending("compose.yaml"), environment.folder.path.appending(LocalCompose.name),
    ]
    try FileReplacement.replace([
      .init(path: files[0], bytes: compose), .init(path: files[1], bytes: Array(local.text.utf8)),
    ])
    // The engine's own choice would be another setting at the next start, by the port that was remembered: Compose would
    // make the app again for nothing.
    variables = [
      EnvironmentVariables.secrets: folder.string, EnvironmentVariables.workspace: environment.identity.id,
    ]
    // Compose wants a value also of those that were not asked for.
    for app in plan.testing?.apps ?? [] {
      let tag = tag(of: app.name)
      variables[EnvironmentVariables.tag(of: app.name)] = tag.isEmpty ? "none" : tag
    }
    for app in plan.apps {
      variables[EnvironmentVariables.tag(of: app.name)] = tag(of: app.name)
      guard app.spec.port != nil else { continue }
      variables[EnvironmentVariables.port(of: app.name)] = (ports[app.name] ?? LocalPort.free()).map(String.init) ?? ""
    }
  }

  /// Runs the jobs that come before a new version serves.
  private mutating func migrate(
    _ files: [FilePath], _ variables: [String: String], _ digests: [String: String]
  ) async throws {
    let pending = try await Migrations(plan: plan, images: images, secrets: digests, environment: environment).pending()
    guard !pending.isEmpty else { return }
    let services = plan.services.map(\.name)
    if !services.isEmpty {
      let words = OutputTail()
      let code = try await environment.project.stream(
        ["up", "--detach", "--wait", "--wait-timeout", String(timeout)] + services, files: files,
        environment: variables, isShown: !isQuiet, tail: words)
      if Interruption.count > 0 { throw Self.interrupted(customer) }
      let states = try await environment.project.states().filter { services.contains($0.Service) }
      try await stopOnIllness(states, code, isQuiet ? BuildFailure.lines(of: words.text) : [], of: services)
    }
    // Volumes that Compose has just made are others than before.
    let keyed = try await Migrations(plan: plan, images: images, secrets: digests, environment: environment).pending()
    let mask = SecretMask(of: plan, in: context.environment)
    for (job, key) in keyed {
      if !isQuiet { context.console.error("\(customer)/\(job.name): running before the new version serves\n") }
      let words = OutputTail()
      let code = try await environment.project.run(
        job.name, files: files, environment: variables, isShown: !isQuiet, mask: mask, tail: words)
      if Interruption.count > 0 { throw Self.interrupted(customer) }
      guard code == 0 else {
        throw CommandError(
          "up.job", "\(job.name) failed with exit code \(code): the new version does not serve",
          details: isQuiet ? words.text.split(separator: "\n").suffix(15).map { mask.relayed(String($0)) } : [],
          help: "what was up before goes on; correct the job and run `kiln up \(customer)` again")
      }
      environment.state.migrations[job.name] = key
      try environment.state.write(to: environment.folder)
    }
  }

  /// Compose takes the engine's last word on a container that ran before: one that was ill until its database took the new
  /// password, say, is asked again only after the interval of its health check.
  /// - Returns: Whether something was ill, and all is well now.
  private func awaitRecovery(_ states: inout [ComposeProject.ServiceState]) async throws -> Bool {
    for _ in 0..<min(timeout, Self.recovery) {
      let ill = states.filter { !$0.isWell }
      guard !ill.isEmpty, ill.allSatisfy({ $0.State == "running" }), Interruption.count == 0 else { return false }
      try await Task.sleep(for: .seconds(1))
      states = try await environment.project.states()
      if !states.isEmpty, states.allSatisfy(\.isWell) { return true }
    }
    return false
  }

  /// Seconds in which the engine asks a container's health once more, whatever it answers.
  private static let recovery = 20

  /// Compose leaves what it has started as it is, and goes on where the signal came too late.
  static func interrupted(_ customer: String) -> CommandError {
    CommandError(
      "up.interrupted", "interrupted; \(customer) is only partly started",
      help: "`kiln status \(customer)` shows how far it is, `kiln down \(customer)` stops and removes it",
      kind: .interrupted)
  }

  /// The project's containers, where what was replaced will be said.
  private func containers() async throws -> [EngineContainer] {
    isQuiet ? [] : try await EngineContainer.all(of: environment.project.name, on: context.docker.tool)
  }

  /// Compose decides by more than images what it makes again: by secrets, limits and labels too. So it is asked for
  /// afterwards.
  private func sayWhatWasReplaced(_ former: [EngineContainer]) async throws {
    guard !former.isEmpty else { return }
    let present = try await containers()
    let gone = former.filter { container in !present.contains { $0.id == container.id } }.map(\.service)
    let services = Set(present.map(\.service))
    let changes = [("replaced", gone.filter(services.contains)), ("removed", gone.filter { !services.contains($0) })]
    let said = changes.filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.joined(separator: ", "))" }
    context.console.error(
      "note: \(customer) was up already; \(said.isEmpty ? "nothing was replaced" : said.joined(separator: "; "))\n")
  }

  private mutating func writeSecrets() async throws -> FilePath {
    guard !secrets.isEmpty else { return SecretFiles.place }
    if let host = context.environment["DOCKER_HOST"], ["tcp://", "ssh://"].contains(where: { host.hasPrefix($0) }) {
      throw CommandError(
        "up.remote", "the engine is on another machine, which secrets of this one do not reach",
        help: "unset DOCKER_HOST, or run kiln there")
    }
    let files = try SecretFiles(named: environment.state.secrets, mark: environment.folder.secretsMark)
    environment.state.secrets = files.name
    var readers: [String: [UInt32]] = [:]
    let accounts = SecretReaders(plan: plan, docker: context.docker.tool)
    if try await accounts.areNumbersShared() {
      var known: [String: [UInt32]] = [:]
      for service in Set(secrets.map(\.secret.service)).sorted() {
        let owner = plan.workloads.first { $0.name == service }?.app ?? service
        guard let image = images.first(where: { $0.name == owner }) else { continue }
        let key = "\(image.id) \(accounts.names(of: service).joined(separator: " "))"
        let numbers: [UInt32]
        if let same = environment.state.readers[key] {
          numbers = same
        } else {
          numbers = try await accounts.numbers(service, in: image.id)
        }
        known[key] = numbers
        readers[service] = numbers
      }
      environment.state.readers = known
    }
    // Before anything is written: what a killed run leaves is found and removed by `kiln down`.
    try environment.state.write(to: environment.folder)
    try files.write(secrets) { readers[$0] }
    return files.folder
  }

  /// A database keeps the password that it was made with: a changed secret does not reach it by a restart.
  private func reportPassword(
    of service: ServicePlan, _ digest: String?, _ objects: [EngineObject]
  ) async throws {
    let volume = "\(environment.project.name)_\(EnvironmentPlan.volume(of: service.name))"
    guard let access = service.access, let digest,
      let made = objects.first(where: { $0.kind == .volume && $0.name == volume })?.password, made != digest
    else { return }
    var answer = DatabaseLogin.Answer.unknown
    if let login = DatabaseLogin(service) {
      let result = try await environment.project.output(login.arguments(in: service.name))
      answer = login.answer(isSuccess: result.isSuccess, error: result.output + result.error)
    }
    // Where the database cannot be asked, a password other than the one that it was made with is a sign.
    guard answer == .refused || answer == .unknown && SecretFiles.isOther(made, than: digest) else { return }
    let help =
      "change the password of \(access.user) in the database (docs/local.md says how); or `kiln down \(customer) --volumes` and start again with an empty database"
    context.console.note(
      Diagnostic(
        "up.password",
        answer == .refused
          ? "the database of \(service.name) refuses the value of \(access.password): it keeps the password that it had before"
          : "\(access.password) has changed, but the database of \(service.name) keeps the password it was made with",
        severity: .warning, suggestion: help))
  }
}
