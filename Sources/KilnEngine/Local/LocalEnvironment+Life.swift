import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnProcesses
import KilnWorkspace

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension LocalEnvironment {
  /// Stops, with the names that there are, where the environment is not up or has no such services.
  package func stopUnlessThere(_ services: [String]) async throws {
    let names = Set(try await containers().map(\.service)).sorted()
    if names.isEmpty {
      try stopUnlessKnown()
      throw CommandError("local.down", "\(customer) is not up", help: "`kiln up \(customer)` starts it")
    }
    guard let service = services.first(where: { !names.contains($0) }) else { return }
    let near = nearest(to: service, among: names).map { "did you mean \"\($0)\"?" }
    throw CommandError(
      "local.service", "\(customer) has no service \"\(Relayed.safe(service))\"",
      help: near ?? "there are: \(Phrase.some(names, limit: 10))")
  }

  /// Stops, with their names, where there is not one app alone.
  private func onlyApp() async throws -> String {
    let containers = try await containers()
    let apps = Set(containers.filter(\.isApp).map(\.service)).sorted()
    if apps.count == 1 { return apps[0] }
    let names = apps.isEmpty ? Set(containers.map(\.service)).sorted() : apps
    throw CommandError(
      "local.service", apps.isEmpty ? "\(customer) has no app" : "\(customer) has several apps",
      help: "name one: \(Phrase.alternatives(names))")
  }

  /// Stops where the workspace has no spec of the customer. One whose spec was removed may still be up, so this is asked
  /// only once nothing of it is there.
  package func stopUnlessKnown() throws {
    try context.stopUnlessKnown(customer, in: identity.root)
  }

  /// With the terminal as it is.
  /// - Returns: The command's exit code.
  /// - Parameter service: Nil for the only app.
  package func exec(_ command: [String], in service: String?, as user: String?) async throws -> Int32 {
    try await stopUnlessThere(service.map { [$0] } ?? [])
    var target = service ?? ""
    if service == nil { target = try await onlyApp() }
    let terminal = isatty(STDIN_FILENO) == 1 ? [] : ["--no-TTY"]
    return try await project.exec(terminal + (user.map { ["--user", $0] } ?? []) + [target] + command)
  }

  /// Asks whether data may go.
  /// - Throws: Where nobody can be asked, too.
  package func confirmRemoval() throws {
    guard isatty(STDIN_FILENO) == 1 else {
      throw CommandError(
        "down.unconfirmed", "--volumes removes the data of \(customer), and nobody can be asked whether it may go",
        help: "`kiln down \(customer) --volumes --yes`")
    }
    context.console.error("This removes the data of \(customer) on this machine. Type \(customer) to go on: ")
    guard readLine() == customer else {
      throw CommandError("down.declined", "nothing was removed: the answer was not \(customer)")
    }
  }

  /// Removes the containers and networks, and the secrets that they had; says so where there are none.
  package func takeAway(withVolumes isWithVolumes: Bool) async throws {
    let lock = try await lock()
    defer { lock.release() }
    let objects = try await ownObjects()
    let isUp = objects.contains { isWithVolumes || $0.kind != .volume }
    if objects.isEmpty { try stopUnlessKnown() }
    let secrets = try await secretFolders()
    try await leaveProxy()
    if try await !remove(withVolumes: isWithVolumes, isUp: isUp) {
      let volumes = objects.isEmpty ? "" : " (its volumes stay; `--volumes` removes them)"
      context.console.error("\(customer) is not up; nothing to remove\(volumes)\n")
    }
    for name in secrets { SecretFiles.remove(named: name) }
    SecretFiles.removeAll(marked: folder.secretsMark)
  }

  /// Else Compose could not remove the network. What goes wrong here is no reason to leave the environment up.
  private func leaveProxy() async throws {
    do { try await LocalProxy(context).leave(project.name) } catch let error as any CommandErrorConvertible {
      context.console.note(error.commandError.asWarning("what serves HTTPS could not be changed"))
    }
  }

  /// - Returns: Whether there was anything.
  private func remove(withVolumes isWithVolumes: Bool, isUp: Bool) async throws -> Bool {
    // A Compose that a killed `kiln up` left behind may still be starting containers: twice nothing is nothing.
    var clean = 0
    var isThere = isUp
    while clean < 2 {
      if isThere { try await removeOnce(withVolumes: isWithVolumes) }
      while clean < 2 {
        try await Task.sleep(for: .milliseconds(400))
        try Interruption.check()
        if try await !project.isGone() {
          clean = 0
          isThere = true
          break
        }
        clean += 1
      }
    }
    return isThere
  }

  private func removeOnce(withVolumes isWithVolumes: Bool) async throws {
    let code = try await project.stream(["down", "--remove-orphans"] + (isWithVolumes ? ["--volumes"] : []))
    guard code == 0 else {
      throw CommandError("down.compose", "docker compose failed with exit code \(code)")
    }
  }
}
