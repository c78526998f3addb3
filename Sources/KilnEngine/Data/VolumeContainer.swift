import KilnConsole
import KilnDiagnostics
import KilnGeneration
package import KilnPlan
import KilnProcesses
import KilnSpec

/// A container that has nothing but volumes, from an image of the environment: by it the engine gives their files and takes
/// them.
package struct VolumeContainer: Sendable {
  /// Where the first of the volumes is in it, the second, and so on.
  package static func place(_ number: Int) -> String { "/volume\(number)" }

  private let environment: LocalEnvironment
  private let image: String

  private var docker: Tool { environment.context.docker.tool }

  package init(_ environment: LocalEnvironment, of plan: EnvironmentPlan) async throws {
    self.environment = environment
    image = try await Self.image(environment, plan)
  }

  /// An app's image, which has a shell, if there is one; else a service's.
  private static func image(_ environment: LocalEnvironment, _ plan: EnvironmentPlan) async throws -> String {
    let docker = environment.context.docker.tool
    let containers = try await EngineContainer.all(of: environment.project.name, on: docker)
    if let container = containers.first(where: \.isApp) ?? containers.first { return container.image }
    let images = plan.images
    for image in images.filter({ $0.app != nil }) + images.filter({ $0.app == nil }) {
      let reference = image.reference?.description ?? image.repository.description
      let found = try await docker.output([
        "image", "ls", "--quiet", "--no-trunc", "--filter", "reference=\(reference)",
      ]).output.split(separator: "\n")
      if let id = found.first { return String(id) }
    }
    throw CommandError(
      "data.image", "no image of \(plan.customer) is on this engine to read its volumes with",
      help: "`kiln up \(plan.customer)` makes its images and volumes")
  }

  private func arguments(_ volumes: [String], isReadOnly: Bool, _ script: String, _ words: [String]) -> [String] {
    [
      "--label", "com.docker.compose.project=\(environment.project.name)", "--label", "com.docker.compose.oneoff=True",
      "--label", "com.docker.compose.service=kiln-data", "--label",
      "\(LocalLabels.workspace)=\(environment.identity.id)",
      "--network=none", "--pull=never", "--user=0:0", "--security-opt=no-new-privileges", "--cap-drop=ALL",
      "--cap-add=DAC_OVERRIDE",
    ]
      + (isReadOnly ? [] : ["--cap-add=CHOWN", "--cap-add=FOWNER", "--cap-add=FSETID"])
      + volumes.enumerated().flatMap { number, name in
        ["--volume", "\(name):\(Self.place(number))\(isReadOnly ? ":ro" : "")"]
      } + ["--entrypoint=/bin/sh", image, "-c", script, "kiln"] + words
  }

  /// Runs a script that only looks.
  package func output(_ script: String, of volumes: [String]) async throws -> String {
    let result = try await docker.output(
      ["run", "--rm"] + arguments(volumes, isReadOnly: true, script, []))
    guard result.isSuccess else {
      throw EngineFailure(
        engine: .docker, what: "look into the volumes of \(environment.customer)", answer: result.error)
    }
    return result.output
  }

  /// Gives the engine's tar of a volume.
  package func read(_ volume: String, to spool: SpoolFile) async throws {
    try await with([volume], isReadOnly: true, script: ":", []) { id in
      let result = try await docker.redirected(["cp", "\(id):\(Self.place(0))", "-"], output: spool.descriptor)
      try Interruption.check()
      guard result.isSuccess else {
        throw EngineFailure(engine: .docker, what: "read the volume \(volume)", answer: result.error)
      }
    }
  }

  /// Unpacks a tar beside the volume's files, then runs a script that puts them into their place.
  package func replace(_ volume: String, by spool: SpoolFile, script: String, _ words: [String]) async throws {
    try await with([volume], isReadOnly: false, script: script, words) { id in
      try spool.rewind()
      let result = try await docker.redirected(["cp", "-", "\(id):\(Self.place(0))"], input: spool.descriptor)
      guard result.isSuccess, Interruption.count == 0 else {
        try await removeUnpacked(volume)
        try Interruption.check()
        throw EngineFailure(engine: .docker, what: "write the volume \(volume)", answer: result.error)
      }
      // In the engine it ends also where this process does not live to see it.
      let exchange = try await docker.redirected(["start", "--attach", id], isShielded: true)
      guard exchange.isSuccess else {
        throw EngineFailure(engine: .docker, what: "replace the files of the volume \(volume)", answer: exchange.error)
      }
    }
  }

  private func removeUnpacked(_ volume: String) async throws {
    let script = "rm -rf \(Self.place(0))/\(VolumeTree.workName)*"
    _ = try await docker.redirected(
      ["run", "--rm"] + arguments([volume], isReadOnly: false, script, []), isShielded: true)
  }

  private func with(
    _ volumes: [String], isReadOnly: Bool, script: String, _ words: [String], _ body: (String) async throws -> Void
  ) async throws {
    let made = try await docker.output(["create"] + arguments(volumes, isReadOnly: isReadOnly, script, words))
    guard made.isSuccess, let id = made.output.split(separator: "\n").last.map(String.init) else {
      throw EngineFailure(engine: .docker, what: "open the volumes of \(environment.customer)", answer: made.error)
    }
    do { try await body(id) } catch {
      try? await remove(id)
      throw error
    }
    try await remove(id)
  }

  /// With the volumes that have no name, which an image may ask for.
  private func remove(_ id: String) async throws {
    _ = try await docker.redirected(["rm", "--force", "--volumes", id], isShielded: true)
  }
}
