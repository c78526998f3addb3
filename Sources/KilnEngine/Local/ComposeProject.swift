import KilnArtifacts
package import KilnConsole
import KilnDocuments
import KilnGeneration
import KilnPlan
package import KilnProcesses
import KilnSpec
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A customer's environment on this machine: a Compose project, of the customer's name where the user gives no other.
package struct ComposeProject: Sendable {
  package let customer: String
  /// As Compose calls the project.
  package let name: String
  package let context: CommandContext

  /// What Compose calls the one network of a project.
  static func network(of project: String) -> String { "\(project)_default" }

  private var docker: Tool { context.docker.tool }

  /// Arguments for the project as it runs, found by its labels.
  private func arguments(_ rest: [String], files: [FilePath] = []) -> [String] {
    ["compose", "--project-name", name] + files.flatMap { ["--file", $0.string] } + rest
  }

  /// Runs Compose, and shows what it did.
  /// - Parameter tail: Gets all that it prints, shown or not.
  package func stream(
    _ rest: [String], files: [FilePath] = [], environment: [String: String] = [:], isShown: Bool = true,
    tail: OutputTail? = nil
  ) async throws -> Int32 {
    let progress = ComposeProgress()
    let relay = context.console.relay { progress.shown($0) }
    defer { relay.finish() }
    return try await docker.stream(arguments(rest, files: files), environment: environment) { bytes in
      if isShown { relay.write(bytes) }
      tail?.add(bytes)
    }
  }

  /// Runs Compose; all that it and a container print goes to `body`.
  package func plain(
    _ rest: [String], files: [FilePath], environment: [String: String],
    _ body: @Sendable @escaping (UnsafeRawBufferPointer) throws -> Void
  ) async throws -> Int32 {
    try await docker.stream(arguments(rest, files: files), environment: environment, body)
  }

  package func output(_ rest: [String], files: [FilePath] = [], environment: [String: String] = [:]) async throws
    -> Tool.Outcome
  {
    try await docker.output(arguments(rest, files: files), environment: environment)
  }

  /// Runs a workload once, in a container of its own that is removed afterwards; what it prints is shown.
  /// - Parameters:
  ///   - command: Instead of its own; nil for that.
  ///   - user: The account; nil for the image's own.
  package func run(
    _ service: String, command: [String]? = nil, as user: String? = nil, files: [FilePath],
    environment: [String: String], isShown: Bool = true,
    mask: SecretMask, tail: OutputTail? = nil
  ) async throws -> Int32 {
    let relay = context.console.relay { mask.relayed($0) }
    defer { relay.finish() }
    let words =
      ["run", "--rm", "--no-deps", "--no-TTY"] + (user.map { ["--user", $0] } ?? []) + [service] + (command ?? [])
    return try await docker.stream(arguments(words, files: files), environment: environment) { bytes in
      if isShown { relay.write(bytes) }
      tail?.add(bytes)
    }
  }

  /// What the services print, as a result; escaped, also on a terminal: who writes a log does not control who reads it.
  package func logs(_ rest: [String]) async throws -> Int32 {
    let relay = context.console.relay(.output)
    defer { relay.finish() }
    return try await docker.stream(arguments(["logs"] + rest)) { relay.write($0) }
  }

  /// Runs Compose with the terminal as it is.
  package func attached(_ rest: [String], files: [FilePath], environment: [String: String]) async throws -> Int32 {
    try await docker.attached(arguments(rest, files: files), environment: environment)
  }

  /// Runs a command in a service, with the terminal as it is: what the user types goes to the program.
  package func exec(_ rest: [String]) async throws -> Int32 { try await docker.attached(arguments(["exec"] + rest)) }

  /// A service as the engine reports it.
  package struct ServiceState: Decodable, Sendable {
    package struct Publisher: Decodable, Sendable {
      package let TargetPort: Int
      package let PublishedPort: Int
    }

    package let ID: String?
    package let Service: String
    package let State: String
    package let Health: String
    package let ExitCode: Int
    package let Publishers: [Publisher]?

    package var isWell: Bool { State == "running" && (Health == "healthy" || Health.isEmpty) }

    package var text: String {
      State == "exited" ? "ended with exit code \(ExitCode)" : Health.isEmpty ? State : "\(State), \(Health)"
    }

    /// What is wrong with one that is not well.
    package func failure(within seconds: Int) -> String {
      State == "exited" ? "ended with exit code \(ExitCode)" : "did not become healthy within \(seconds) s: \(text)"
    }

    /// The port of this machine that leads to the service.
    package var port: Int? { Publishers?.first { $0.PublishedPort != 0 }?.PublishedPort }
    package var url: String? { port.map { "http://127.0.0.1:\($0)/" } }
  }

  package func states() async throws -> [ServiceState] {
    let result = try await output(["ps", "--all", "--format", "json"])
    guard result.isSuccess else {
      throw EngineFailure(engine: .docker, what: "list the services of \(customer)", answer: result.error)
    }
    // Compose prints one document a line, older ones a list.
    let decoder = JSONDecoder()
    if let list = try? decoder.decode([ServiceState].self, from: Data(result.output.utf8)) { return list }
    return result.output.split(separator: "\n").compactMap {
      try? decoder.decode(ServiceState.self, from: Data($0.utf8))
    }
    .sorted { $0.Service < $1.Service }
  }

  /// Whether no container and no network of the project is there.
  package func isGone() async throws -> Bool {
    let label = "label=com.docker.compose.project=\(name)"
    let containers = try await docker.output(["ps", "--all", "--quiet", "--filter", label])
    let networks = try await docker.output(["network", "ls", "--quiet", "--filter", label])
    return containers.output.isEmpty && networks.output.isEmpty
  }

  /// What a service that the kernel ended for its use of memory may do about it; nil for others.
  package func memoryAdvice(for state: ServiceState) async throws -> String? {
    guard let id = state.ID else { return nil }
    let format = "{{.State.OOMKilled}} {{.HostConfig.Memory}}"
    let words = try await docker.output(["inspect", "--format", format, id]).output.split { $0.isWhitespace }
    guard words.count == 2, let limit = Int(words[1]) else { return nil }
    if words[0] != "true" {
      // One that was started again since tells nothing of it; the engine remembers.
      let filters = ["--filter", "container=\(id)", "--filter", "event=oom"]
      guard try await !docker.output(["events", "--since", "10m", "--until", "0s"] + filters).output.isEmpty else {
        return nil
      }
    }
    guard limit > 0 else { return "this machine had no memory left for it" }
    return "it needs more memory than its limit of \(limit >> 20) MiB: raise limits.memory of \(state.Service)"
  }

  /// What the last health check of a service printed; nil where it said nothing.
  package func healthOutput(of state: ServiceState) async throws -> String? {
    struct Health: Decodable {
      struct Run: Decodable { let Output: String }
      let Log: [Run]?
    }
    guard state.Health == "unhealthy" || state.Health == "starting", let id = state.ID else { return nil }
    let result = try await docker.output(["inspect", "--format", "{{json .State.Health}}", id])
    let health = try? JSONDecoder().decode(Health.self, from: Data(result.output.utf8))
    let text = health?.Log?.last?.Output.trimmed ?? ""
    return text.isEmpty ? nil : text
  }

  /// The last lines that a service printed.
  package func lastLines(of service: String) async throws -> String {
    try await output(["logs", "--no-color", "--no-log-prefix", "--tail", "15", service]).output
  }
}

extension CommandContext {
  /// The engine of everything that runs on this machine.
  package var docker: ContainerEngine { ContainerEngine(.docker, processes) }
}
