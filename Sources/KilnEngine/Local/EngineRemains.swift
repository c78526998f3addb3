import KilnArtifacts
import KilnGeneration
package import KilnProcesses

/// Containers, networks and volumes of a Compose project, found by their labels and removed without asking them to end.
package enum EngineRemains {
  package enum Kind: Sendable { case container, network, volume }

  /// In the order in which they can be removed.
  package static let kinds: [Kind] = [.container, .network, .volume]

  private static let project = "com.docker.compose.project"

  /// The projects that have such objects of the workspace.
  package static func projects(of kind: Kind, workspace: String, on docker: Tool) async throws -> [String] {
    try await list(kind, "\(LocalLabels.workspace)=\(workspace)", format: "{{.Label \"\(project)\"}}", on: docker)
  }

  /// Removes what the project has of a kind.
  /// - Returns: Whether there was anything.
  static func remove(_ kind: Kind, of name: String, on docker: Tool) async throws -> Bool {
    let format = kind == .volume ? "{{.Name}}" : "{{.ID}}"
    let ids = try await list(kind, "\(project)=\(name)", format: format, on: docker)
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

  private static func list(_ kind: Kind, _ label: String, format: String, on docker: Tool) async throws -> [String] {
    let words =
      switch kind {
      case .container: ["ps", "--all"]
      case .network: ["network", "ls"]
      case .volume: ["volume", "ls"]
      }
    let result = try await docker.output(
      words + ["--filter", "label=\(label)", "--format", format], isShielded: true)
    guard result.isSuccess else {
      throw EngineFailure(engine: .docker, what: "list what tests left", answer: result.error)
    }
    return Set(result.output.split(separator: "\n").map(String.init)).sorted()
  }
}

extension LocalEnvironment {
  /// Removes containers, networks, volumes, secrets and the environment's folder. It runs to its end when the user
  /// interrupts the command.
  package func removeEverything() async throws {
    let name = project.name
    var clean = 0
    // A Compose that a killed command left behind may still be starting containers: twice nothing is nothing.
    for _ in 0..<60 where clean < 2 {
      if clean > 0 { try await Task.sleep(for: .milliseconds(300)) }
      var isThere = false
      for kind in EngineRemains.kinds {
        if try await EngineRemains.remove(kind, of: name, on: context.docker.tool) { isThere = true }
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
