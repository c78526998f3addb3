import KilnArtifacts
package import KilnConsole
import KilnDiagnostics
package import KilnPlan
import KilnProcesses
package import KilnSpec

/// A running service's own way to give its data and to take it.
package struct ServiceDump: Sendable {
  package let service: ServicePlan
  package let dump: ServiceDefinition.Dump
  package let environment: LocalEnvironment
  /// Of secrets, in what its programs print.
  package let mask: SecretMask

  /// The container that runs.
  package func container() async throws -> String {
    let containers = try await EngineContainer.all(of: environment.project.name, on: environment.context.docker.tool)
    guard let own = containers.first(where: { $0.service == service.name && $0.state == "running" }) else {
      throw CommandError(
        "data.down", "\(service.name) does not run: only a running service gives its data and takes it",
        help: "`kiln up \(environment.customer)` starts it")
    }
    return own.id
  }

  package func backup(to spool: SpoolFile) async throws {
    let words = arguments(dump.backup, in: try await container(), isReading: false)
    let result = try await environment.context.docker.tool.redirected(words, output: spool.descriptor)
    try Interruption.check()
    guard result.isSuccess else { throw failure("backup.dump", "the dump of \(service.name) failed", result) }
  }

  /// - Returns: Once the service has all of the dump, and nothing else.
  package func restore(from spool: SpoolFile) async throws {
    try spool.rewind()
    let words = arguments(dump.restore, in: try await container(), isReading: true)
    // A database that is half replaced is worse than a user who waits.
    let result = try await environment.context.docker.tool.redirected(words, input: spool.descriptor, isShielded: true)
    guard result.isSuccess else { throw failure("restore.dump", "\(service.name) did not take the dump", result) }
  }

  /// The password is read in the container: it is in no argument.
  private func arguments(_ script: String, in container: String, isReading: Bool) -> [String] {
    let secret = "\(SecretUse.folder)/\(SecretUse.password)"
    let whole = """
      set -eu; umask 077
      user=$1; database=$2; password=$(if [ -e \(secret) ]; then cat \(secret); fi)
      \(script)
      """
    return ["exec"] + (isReading ? ["--interactive"] : [])
      + ["--user", dump.user ?? service.definition.user, container, "/bin/sh", "-c", whole, "dump"]
      + [service.access?.user ?? "", service.access?.database ?? ""]
  }

  private func failure(_ id: String, _ message: String, _ result: Tool.Outcome) -> CommandError {
    let lines = result.error.split(separator: "\n").suffix(10).map { mask.relayed(String($0)) }
    return CommandError(id, "\(message): exit code \(result.code)", details: lines)
  }
}
