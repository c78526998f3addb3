import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnProcesses

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension LocalEnvironment {
  /// Stops, with the names that there are, where the environment has no such service.
  package func stopUnlessThere(_ service: String) async throws {
    let names = Set(try await containers().map(\.service)).sorted()
    if names.contains(service) { return }
    let near = nearest(to: service, among: names).map { "did you mean \"\($0)\"?" }
    if names.isEmpty {
      throw CommandError("local.down", "\(customer) is not up", help: "`kiln up \(customer)` starts it")
    }
    throw CommandError(
      "local.service", "\(customer) has no service \"\(Relayed.safe(service))\"",
      help: near ?? "there are: \(Phrase.some(names, limit: 10))")
  }

  /// With the terminal as it is.
  /// - Returns: The command's exit code.
  package func exec(_ command: [String], in service: String, as user: String?) async throws -> Int32 {
    try await stopUnlessThere(service)
    let terminal = isatty(STDIN_FILENO) == 1 ? [] : ["--no-TTY"]
    return try await project.attached(
      ["exec"] + terminal + (user.map { ["--user", $0] } ?? []) + [service] + command)
  }

  /// Removes the containers and networks, and the secrets that they had.
  package func takeAway(withVolumes isWithVolumes: Bool) async throws {
    let lock = try await lock()
    defer { lock.release() }
    try await ownObjects()
    let secrets = try await secretFolders()
    try await remove(withVolumes: isWithVolumes)
    for name in secrets { SecretFiles.remove(named: name) }
    SecretFiles.removeAll(marked: folder.secretsMark)
  }

  private func remove(withVolumes isWithVolumes: Bool) async throws {
    // A Compose that a killed `kiln up` left behind may still be starting containers: twice nothing is nothing.
    var clean = 0
    while clean < 2 {
      let code = try await project.stream(["down", "--remove-orphans"] + (isWithVolumes ? ["--volumes"] : []))
      guard code == 0 else { throw CommandError("down.compose", "docker compose ended with \(code)") }
      while clean < 2 {
        try await Task.sleep(for: .milliseconds(400))
        try Interruption.check()
        if try await !project.isGone() {
          clean = 0
          break
        }
        clean += 1
      }
    }
  }
}
