import KilnConsole
import KilnDiagnostics
import KilnProcesses

/// Containers that do not run while their data is read or written, and do so again afterwards.
package struct StoppedContainers: Sendable {
  private let environment: LocalEnvironment
  private let containers: [EngineContainer]

  private var docker: Tool { environment.context.docker.tool }
  private var ids: [String] { containers.map(\.id) }

  /// - Parameter isAffected: Whether a service, by its name, is stopped where it runs.
  package init(_ environment: LocalEnvironment, where isAffected: (String) -> Bool) async throws {
    self.environment = environment
    containers = try await EngineContainer.all(of: environment.project.name, on: environment.context.docker.tool)
      // One that the engine is about to start again would write to what is being replaced.
      .filter { ["running", "restarting"].contains($0.state) && isAffected($0.service) }
  }

  package var services: [String] { Set(containers.map(\.service)).sorted() }

  /// Runs `body` while they are stopped; they start again whatever becomes of it.
  package func during(_ body: () async throws -> Void) async throws {
    guard !containers.isEmpty else { return try await body() }
    do {
      // The engine stops them also where nobody waits for it any more, and would do so after the start.
      let result = try await docker.redirected(["stop"] + ids, isShielded: true)
      try Interruption.check()
      guard result.isSuccess else {
        throw EngineFailure(engine: .docker, what: "stop \(services.joined(separator: ", "))", answer: result.error)
      }
      try await body()
    } catch {
      // What went wrong first is what is reported.
      do { try await start() } catch {
        environment.context.console.error("note: `kiln up \(environment.customer)` starts what was stopped\n")
      }
      throw error
    }
    try await start()
  }

  private func start() async throws {
    let result = try await docker.redirected(["start"] + ids, isShielded: true)
    guard result.isSuccess else {
      throw EngineFailure(engine: .docker, what: "start \(services.joined(separator: ", "))", answer: result.error)
    }
  }

  /// Waits until they are healthy again.
  package func awaitHealth(seconds: Int = 120) async throws {
    var ill: [ComposeProject.ServiceState] = []
    for _ in 0..<seconds {
      ill = try await environment.project.states().filter { services.contains($0.Service) && !$0.isWell }
      if ill.isEmpty { return }
      try Interruption.check()
      if ill.contains(where: { $0.State == "exited" }) { break }
      try await Task.sleep(for: .seconds(1))
    }
    throw CommandError(
      ill.map { Diagnostic("restore.unhealthy", "\($0.Service) \($0.failure(within: seconds))") }, kind: .problem,
      hints: ["the data is restored; `kiln logs \(environment.customer)` says what is wrong with it"])
  }
}
