import KilnArtifacts
import KilnGeneration
package import KilnProcesses

/// Containers, networks and volumes of a Compose project, found by their labels and removed without asking them to end.
package enum EngineRemains {
  package enum Kind: Sendable { case container, network, volume }

  /// In the order in which they can be removed.
  package static let kinds: [Kind] = [.container, .network, .volume]

  private static let project = "com.docker.compose.project"

  /// The runs of tests that have such objects of the workspace. A name alone says nothing: an environment that stays may
  /// be called as a run is.
  package static func runs(of kind: Kind, workspace: String, on docker: Tool) async throws -> [String] {
    try await list(
      kind, ["\(LocalLabels.workspace)=\(workspace)", LocalLabels.run], format: "{{.Label \"\(LocalLabels.run)\"}}",
      on: docker)
  }

  /// Removes what a run of this workspace's has of a kind.
  /// - Returns: Whether there was anything.
  static func remove(_ kind: Kind, ofRun name: String, workspace: String, on docker: Tool) async throws -> Bool {
    let format = kind == .volume ? "{{.Name}}" : "{{.ID}}"
    let labels = ["\(project)=\(name)", "\(LocalLabels.run)=\(name)", "\(LocalLabels.workspace)=\(workspace)"]
    let ids = try await list(kind, labels, format: format, on: docker)
    guard !ids.isEmpty else { return false }
    let words =
      switch kind {
      case .container: ["rm", "--force", "--volumes"]
      case .network: ["network", "rm"]
      case .volume: ["volume", "rm", "--force"]
      }
    // One that is gone already, or is still in use, is seen by who looks again.
    _ = try await docker.output(words + ids, isShielded: true)
    return true
  }

  /// - Parameter labels: All that it must have.
  private static func list(
    _ kind: Kind, _ labels: [String], format: String, on docker: Tool
  ) async throws -> [String] {
    let words =
      switch kind {
      case .container: ["ps", "--all"]
      case .network: ["network", "ls"]
      case .volume: ["volume", "ls"]
      }
    let result = try await docker.output(
      words + labels.flatMap { ["--filter", "label=\($0)"] } + ["--format", format], isShielded: true)
    guard result.isSuccess else {
      throw EngineFailure(engine: .docker, what: "list what tests left", answer: result.error)
    }
    return Set(result.output.split(separator: "\n").map(String.init)).sorted()
  }
}

extension LocalEnvironment {
  /// Removes containers, networks, volumes, secrets and the folder of a run of tests; of another environment nothing. It runs to its end when the user
  /// interrupts the command.
  package func removeEverything() async throws {
    guard let name = run else { return }
    var clean = 0
    // A Compose that a killed command left behind may still be starting containers: twice nothing is nothing.
    for _ in 0..<60 where clean < 2 {
      if clean > 0 { try await Task.sleep(for: .milliseconds(300)) }
      var isThere = false
      for kind in EngineRemains.kinds {
        if try await EngineRemains.remove(
          kind, ofRun: name, workspace: identity.id, on: context.docker.tool)
        {
          isThere = true
        }
      }
      clean = isThere ? 0 : clean + 1
    }
    SecretFiles.removeAll(marked: folder.secretsMark)
    folder.path.removeAll()
    guard clean == 2 else {
      throw EngineFailure(engine: .docker, what: "remove all of the project \(name)", answer: "")
    }
  }
}
