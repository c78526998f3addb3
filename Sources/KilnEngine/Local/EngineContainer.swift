package import KilnProcesses

/// A container of an environment.
package struct EngineContainer: Sendable, Equatable {
  package let id: String
  package let service: String
  /// With its tag.
  package let image: String
  /// Of what it was started from.
  package let digest: String
  /// As in `running`.
  package let state: String

  package init(id: String, service: String, image: String, digest: String, state: String) {
    self.id = id
    self.service = service
    self.image = image
    self.digest = digest
    self.state = state
  }

  /// The containers of a Compose project, by service; empty when it is not up.
  package static func all(of project: String, on docker: Tool) async throws -> [EngineContainer] {
    let format =
      #"{{.ID}}|{{.Label "com.docker.compose.service"}}|{{.Image}}|{{.Label "io.kiln.digest"}}|{{.State}}"#
    let result = try await docker.output([
      "ps", "--all", "--no-trunc", "--filter", "label=com.docker.compose.project=\(project)", "--format", format,
    ])
    guard result.isSuccess else {
      throw EngineFailure(engine: .docker, what: "list the containers of \(project)", answer: result.error)
    }
    return result.output.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      return parts.count == 5
        ? EngineContainer(id: parts[0], service: parts[1], image: parts[2], digest: parts[3], state: parts[4]) : nil
    }
    .sorted { $0.service < $1.service }
  }
}
