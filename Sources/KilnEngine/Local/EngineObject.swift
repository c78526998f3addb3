import KilnConsole
import KilnGeneration
package import KilnProcesses
import KilnSpec
import SystemPackage

/// A container, network or volume of a Compose project, and whose it is.
package struct EngineObject: Sendable, Equatable {
  package enum Kind: String, Sendable { case container, network, volume }

  package let kind: Kind
  package let name: String
  /// The id of the workspace that made it; empty for what is not Kiln's.
  package let workspace: String
  /// Where that workspace is, or was.
  package let root: String
  /// Of a database's password when its volume was made; see `SecretFiles`.
  package var password = ""

  /// Everything that Compose would take for a part of `project`, by its label or by its name.
  package static func all(of project: String, volumes: [String] = [], on docker: Tool) async throws -> [EngineObject] {
    let filter = ["--filter", "label=com.docker.compose.project=\(project)"]
    func label(_ name: String) -> String { "{{.Label \"\(name)\"}}" }
    let owner = "\(label(LocalLabels.workspace))|\(label(LocalLabels.root))"
    var objects: [EngineObject] = []
    for (kind, arguments) in [
      (Kind.container, ["ps", "--all"] + filter + ["--format", "{{.Names}}||\(owner)"]),
      (Kind.network, ["network", "ls"] + filter + ["--format", "{{.Name}}||\(owner)"]),
    ] { objects += try await list(kind, docker, arguments).map(\.object) }
    // A volume that only has the name would be used as well.
    let names = Set(volumes.map { "\(project)_\($0)" })
    let format =
      "{{.Name}}|\(label("com.docker.compose.project")) \(label(LocalLabels.password))|\(owner)"
    for (object, extra) in try await list(.volume, docker, ["volume", "ls", "--format", format]) {
      let words = extra.split(separator: " ", omittingEmptySubsequences: false)
      guard words.first.map(String.init) == project || names.contains(object.name) else { continue }
      var object = object
      object.password = words.dropFirst().first.map(String.init) ?? ""
      objects.append(object)
    }
    return objects
  }

  private static func list(_ kind: Kind, _ docker: Tool, _ arguments: [String]) async throws -> [(
    object: EngineObject, extra: String
  )] {
    let result = try await docker.output(arguments)
    guard result.isSuccess else {
      throw EngineFailure(engine: .docker, what: "list the \(kind.rawValue)s", answer: result.error)
    }
    return result.output.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "|", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 4 else { return nil }
      return (EngineObject(kind: kind, name: parts[0], workspace: parts[2], root: parts[3]), parts[1])
    }
  }

  package var text: String { "\(kind.rawValue) \(Relayed.safe(name))" }
}
