import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnGeneration
package import KilnPlan
package import KilnProcesses
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The program that builds images.
package struct ContainerEngine: Sendable {
  package enum Kind: String, Sendable, CaseIterable { case docker, podman, buildah }

  package let kind: Kind
  package let processes: any ProcessRunner

  package init(_ kind: Kind, _ processes: any ProcessRunner) {
    self.kind = kind
    self.processes = processes
  }

  package var name: String { kind.rawValue }
  package var tool: Tool { Tool(name, processes) }

  /// The first that is on the machine.
  package static func found(by processes: any ProcessRunner) async throws -> ContainerEngine {
    for kind in Kind.allCases {
      let engine = ContainerEngine(kind, processes)
      if (try? await engine.tool.output(["--version"]).isSuccess) == true { return engine }
    }
    throw CommandError(
      "engine.missing", "no container engine is on the PATH",
      help: "install docker (apt-get install docker.io docker-buildx), podman or buildah")
  }

  /// Asks the engine whether it is there, before anything is done that needs it.
  /// - Throws: `EngineFailure` with what to do.
  package func check() async throws {
    guard kind == .docker else { return }
    let result = try await tool.output(["version", "--format", "{{.Server.Version}}"])
    if !result.isSuccess { throw EngineFailure(engine: kind, what: EngineFailure.reach, answer: result.error) }
  }

  /// The image's id, `sha256:…`; nil when there is no such image on this machine.
  package func id(of image: String) async throws -> String? {
    let result: Tool.Outcome
    switch kind {
    case .docker, .podman: result = try await tool.output(["image", "inspect", "--format", "{{.Id}}", image])
    case .buildah:
      result = try await tool.output(["inspect", "--type", "image", "--format", "{{.FromImageID}}", image])
    }
    if !result.isSuccess {
      // An engine that cannot be asked has not said that there is none.
      if Self.isAbsent(result.error) { return nil }
      throw EngineFailure(engine: kind, what: "ask for \(image)", answer: result.error)
    }
    let id = result.output.split(separator: "\n").first.map(String.init) ?? ""
    return id.hasPrefix("sha256:") ? id : "sha256:\(id)"
  }

  private static func isAbsent(_ error: String) -> Bool {
    let text = error.lowercased()
    return ["no such image", "image not known", "not found", "unable to locate", "does not exist"].contains {
      text.contains($0)
    }
  }

  /// Gives an image its name.
  /// - Parameter id: As the engine wrote it, `sha256:…`.
  package func tag(_ id: String, as image: String) async throws {
    let own = kind == .docker ? id : String(id.split(separator: ":").last ?? "")
    let result = try await tool.output(["tag", own, image])
    if !result.isSuccess { throw EngineFailure(engine: kind, what: "tag \(image)", answer: result.error) }
  }

  /// Whether the registry has the image.
  package func isInRegistry(_ image: String) async throws -> Bool {
    switch kind {
    case .docker: try await tool.output(["buildx", "imagetools", "inspect", image]).isSuccess
    case .podman, .buildah: try await Tool("podman", processes).output(["manifest", "inspect", image]).isSuccess
    }
  }

  /// The registry's digest of an image that was pushed or pulled, `sha256:…`.
  package func registryDigest(of image: String) async throws -> String? {
    if kind == .docker {
      struct Manifest: Decodable { let digest: String }
      let result = try await tool.output(["buildx", "imagetools", "inspect", "--format", "{{json .Manifest}}", image])
      return try? JSONDecoder().decode(Manifest.self, from: Data(result.output.utf8)).digest
    }
    guard kind == .podman else { return nil }
    let result = try await tool.output([
      "image", "inspect", "--format", "{{range .RepoDigests}}{{println .}}{{end}}", image,
    ])
    let pushed = result.output.split(separator: "\n").compactMap { ImageReference(String($0)) }
    return pushed.first { $0.repository == ImageReference(image)?.repository }?.digest
  }

  /// A build from a folder, with times that do not depend on the day; the image has no name yet.
  /// - Parameters:
  ///   - idFile: Where the engine writes the image's id.
  ///   - version: The tag that the image will have: no file of its context can name it, since it is their digest.
  ///   - isPulling: Whether the base is what its registry has now.
  package func buildArguments(
    folder: FilePath, idFile: FilePath, time: Int, version: String, isPulling: Bool, secrets: [SecretUse]
  ) -> [String] {
    var arguments = ["build", "--iidfile", idFile.string, "--file", folder.appending("Dockerfile").string]
    switch kind {
    case .docker:
      arguments += ["--progress=plain", "--build-arg", "SOURCE_DATE_EPOCH=\(time)"] + (isPulling ? ["--pull"] : [])
    case .podman, .buildah:
      arguments += ["--layers", "--pull=\(isPulling ? "always" : "never")", "--timestamp", String(time)]
    }
    arguments += ["--label", "\(ImageLabels.version)=\(version)"]
    for secret in secrets { arguments += ["--secret", "id=\(secret.file),env=\(secret.variable)"] }
    return arguments + [folder.string]
  }
}
