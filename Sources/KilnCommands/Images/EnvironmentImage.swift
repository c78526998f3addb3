import KilnArtifacts
import KilnContext
import KilnDiagnostics
import KilnGeneration
import KilnPlan
import KilnSpec
import SystemPackage

/// An image of an environment, and the context it is made from.
struct EnvironmentImage: Sendable {
  enum Kind: Sendable, Equatable {
    case runtime, app
    case service(String)
  }

  let kind: Kind
  /// As `--image` calls it.
  let name: String
  /// Without a tag; a runtime's tag is in its plan.
  let repository: String
  /// Where its archive goes below `dist`, without the end of the name.
  let archive: String
  let source: ContextSource
  /// The ignore file's text by name, for messages.
  let sources: [String: String]
  /// The spec that it is from.
  let file: String
}

extension LoadedWorkspace {
  /// The images of `plan`: runtime, app, services by name.
  func images(of plan: EnvironmentPlan, in tree: ArtifactTree) throws -> [EnvironmentImage] {
    var images = [
      EnvironmentImage(
        kind: .runtime, name: "runtime", repository: plan.repository("kiln/runtime"),
        archive: "runtimes/\(plan.runtime.id)", source: generated("runtimes/\(plan.runtime.id)", in: tree),
        sources: [:],
        file: plan.spec.file)
    ]
    if let app = plan.spec.app {
      var source = generated("\(plan.customer)/app", in: tree)
      let folder = workspace.root.pushing(app.source.value).lexicallyNormalized()
      source.layers =
        [.init(folder, name: app.source.value.string)]
        + app.overlays.map { .init(workspace.root.pushing($0.value).lexicallyNormalized(), name: $0.value.string) }
      // The application's own rules are in its folder.
      let own = try ContextFolder(folder, name: { $0 == folder ? app.source.value.string : shown($0) })
      source.ignore = own.source.ignore
      source.folder = ImageLayout.appFolder
      source.tokens = app.tokens.map { tokens in
        ContextTokens(
          files: tokens.files.map(\.value),
          values: Dictionary(uniqueKeysWithValues: tokens.values.map { ($0.name, Array($0.value.utf8)) }))
      }
      images.append(
        EnvironmentImage(
          kind: .app, name: "app", repository: plan.appRepository, archive: "\(plan.customer)/app", source: source,
          sources: own.sources, file: plan.spec.file))
    }
    for service in plan.services {
      images.append(
        EnvironmentImage(
          kind: .service(service.name), name: service.name,
          repository: plan.repository("\(plan.customer)/\(service.name)"),
          archive: "\(plan.customer)/services/\(service.name)",
          source: generated("\(plan.customer)/services/\(service.name)", in: tree), sources: [:], file: plan.spec.file))
    }
    return images
  }

  /// The generated files below a folder, as a context.
  private func generated(_ folder: String, in tree: ArtifactTree) -> ContextSource {
    var files: [String: [UInt8]] = [:]
    for (path, artifact) in tree.files where path.text.hasPrefix(folder + "/") {
      files[String(path.text.dropFirst(folder.count + 1))] = artifact.bytes
    }
    return ContextSource(layers: [], files: files)
  }

  /// Relative to the workspace where it is in it.
  private func shown(_ path: FilePath) -> String {
    let root = workspace.root.string + "/"
    return path.string.hasPrefix(root) ? String(path.string.dropFirst(root.count)) : path.string
  }
}
