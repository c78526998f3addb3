import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import KilnGeneration
package import KilnPlan
import KilnProcesses
import KilnSpec
import SystemPackage

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

  private var context: CommandContext { environment.context }
  private var customer: String { plan.customer }

  /// The tag of the app's image; empty where there is no app.
  package var tag: String {
    images.first { $0.name == EnvironmentPlan.appService }.map { String($0.image.split(separator: ":").last ?? "") }
      ?? ""
  }

  /// - Parameters:
  ///   - wanted: The app's port of this machine.
  ///   - objects: What the engine has of the project.
  /// - Returns: The app's container, once all is well.
  package mutating func run(port wanted: Int?, objects: [EngineObject]) async throws -> String? {
    try await sayWhatIsUp()
    let port = try await freePort(wanted)
    let digests = Dictionary(grouping: secrets, by: \.secret.service).mapValues {
      SecretFiles.digest(of: $0, key: environment.state.key)
    }
    let earlier = try await environment.secretFolders()
    let folder = try await writeSecrets()
    reportPasswords(digests, objects)
    let session = isFollowing ? String(LocalState.random().prefix(16)) : nil
    let local = LocalCompose(plan: plan, root: environment.identity.root, secrets: digests, session: session)
    let files = [
      environment.folder.path.appending("compose.yaml"), environment.folder.path.appending(LocalCompose.name),
    ]
    try FileReplacement.replace([
      .init(path: files[0], bytes: compose), .init(path: files[1], bytes: Array(local.text.utf8)),
    ])
    let code = try await environment.project.stream(
      ["up", "--detach", "--remove-orphans", "--wait", "--wait-timeout", String(timeout)], files: files,
      environment: [
        EnvironmentVariables.appTag: tag, EnvironmentVariables.port: port.map(String.init) ?? "",
        EnvironmentVariables.secrets: folder.string, EnvironmentVariables.workspace: environment.identity.id,
      ])
    try Interruption.check()
    for name in earlier.subtracting(try await environment.secretFolders()).subtracting([environment.state.secrets ?? ""]
    ) {
      SecretFiles.remove(named: name)
    }
    let states = try await environment.project.states()
    try await stopOnIllness(states, code)
    let app = states.first { $0.Service == EnvironmentPlan.appService }
    if let app, let target = plan.spec.app?.port?.value,
      let port = app.Publishers?.first(where: { $0.TargetPort == target && $0.PublishedPort != 0 })?.PublishedPort
    {
      environment.state.port = port
      context.console.output("http://127.0.0.1:\(port)/\n")
    }
    try environment.state.write(to: environment.folder)
    return app?.ID
  }

  /// What is up already: the same, or another version of it, which Compose replaces.
  private func sayWhatIsUp() async throws {
    let containers = try await EngineContainer.all(
      of: environment.project.name, on: context.docker.tool)
    guard !containers.isEmpty, !isQuiet else { return }
    let replaced = containers.filter { container in
      container.service == EnvironmentPlan.appService
        ? container.image != plan.appRepository.tagged(tag).description
        : !plan.services.contains { $0.name == container.service && $0.digest.description == container.digest }
    }
    context.console.error(
      replaced.isEmpty
        ? "note: \(customer) is up already, with these images\n"
        : "note: another version of \(customer) is up; replaced: \(replaced.map(\.service).joined(separator: ", "))\n")
  }

  /// The wanted port, else the last one; nil, for one that is free, where somebody else has it.
  private func freePort(_ wanted: Int?) async throws -> Int? {
    guard let port = wanted ?? environment.state.port, !LocalPort.isFree(port) else {
      return wanted ?? environment.state.port
    }
    let states = try await environment.project.states()
    if states.contains(where: { $0.Publishers?.contains { $0.PublishedPort == port } ?? false }) { return port }
    context.console.error(
      "note: port \(port) of this machine is taken: the app gets one that is free, see the URL; `ss -ltnp` says who has it\n"
    )
    return nil
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
        guard let image = images.first(where: { $0.name == service }) else { continue }
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
  private mutating func reportPasswords(_ digests: [String: String], _ objects: [EngineObject]) {
    for service in plan.services {
      let volume = "\(environment.project.name)_\(EnvironmentPlan.volume(of: service.name))"
      guard let access = service.access, let digest = digests[service.name],
        let made = objects.first(where: { $0.kind == .volume && $0.name == volume })?.password,
        SecretFiles.isOther(made, than: digest), environment.state.reportedPasswords[service.name] != digest
      else { continue }
      environment.state.reportedPasswords[service.name] = digest
      let help =
        "change the password of \(access.user) in the database (docs/local.md says how); or `kiln down \(customer) --volumes` and begin again with no data"
      context.console.note(
        Diagnostic(
          "up.password",
          "\(access.password) has changed, but the database of \(service.name) keeps the password it was made with",
          severity: .warning, suggestion: help))
    }
  }

  private func stopOnIllness(_ states: [ComposeProject.ServiceState], _ code: Int32) async throws {
    let project = environment.project
    let ill = states.filter { !$0.isWell }
    guard code != 0 || !ill.isEmpty else { return }
    var problems: [Diagnostic] = []
    for state in ill {
      let health = try await project.healthOutput(of: state).map { "its health check says: \(Relayed.safe($0))" }
      let lines = try await project.lastLines(of: state.Service).split(separator: "\n").suffix(15)
      problems.append(
        Diagnostic(
          "up.unhealthy", "\(state.Service) is not well: \(state.text)",
          details: [health].compactMap { $0 } + lines.map { Relayed.safe(String($0)) },
          suggestion: try await project.memoryAdvice(for: state)))
    }
    // One that was ended and started again may look well at this moment.
    for state in states where state.isWell {
      guard let advice = try await project.memoryAdvice(for: state) else { continue }
      problems.append(
        Diagnostic("up.unhealthy", "\(state.Service) ran out of memory and was started again", suggestion: advice))
    }
    if problems.isEmpty { problems.append(Diagnostic("up.compose", "docker compose ended with \(code)")) }
    throw CommandError(
      problems, kind: .problem,
      hints: ["`kiln logs \(customer)` has the rest; `kiln down \(customer)` takes it away"])
  }
}
