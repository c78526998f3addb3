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
  /// Whether it is an app's, and not what runs beside one.
  package let isApp: Bool

  package init(id: String, service: String, image: String, digest: String, state: String, isApp: Bool = false) {
    self.id = id
    self.service = service
    self.image = image
    self.digest = digest
    self.state = state
    self.isApp = isApp
  }

  /// The names of containers that run once, for a job or a user.
  package static func once(of project: String, on docker: Tool) async throws -> [String] {
    let result = try await docker.output([
      "ps", "--filter", "label=com.docker.compose.project=\(project)", "--filter",
      "label=com.docker.compose.oneoff=True", "--format", "{{.Names}}",
    ])
    guard result.isSuccess else {
      throw EngineFailure(engine: .docker, what: "list the containers of \(project)", answer: result.error)
    }
    return result.output.split(separator: "\n").map(String.init).sorted()
  }

  /// The containers of a Compose project, by service; empty when it is not up.
  package static func all(of project: String, on docker: Tool) async throws -> [EngineContainer] {
    let format =
      #"{{.ID}}|{{.Label "com.docker.compose.service"}}|{{.Image}}|{{.Label "io.kiln.digest"}}|{{.State}}|{{.Label "io.kiln.workload"}}"#
    let result = try await docker.output([
      "ps", "--all", "--no-trunc", "--filter", "label=com.docker.compose.project=\(project)",
      // What runs once, for a job or a user, is none of the environment's.
      "--filter", "label=com.docker.compose.oneoff=False", "--format", format,
    ])
    guard result.isSuccess else {
      throw EngineFailure(engine: .docker, what: "list the containers of \(project)", answer: result.error)
    }
    return result.output.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 6 else { return nil }
      return EngineContainer(
        id: parts[0], service: parts[1], image: parts[2], digest: parts[3], state: parts[4], isApp: parts[5] == "app")
    }
    .sorted { $0.service < $1.service }
  }
}
