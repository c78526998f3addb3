import KilnArtifacts
import KilnConsole
package import KilnContext
import KilnDiagnostics
import KilnGeneration
package import KilnPlan
import KilnSpec
import KilnWorkspace
import SystemPackage

/// An image of an environment, and the context it is made from.
package struct EnvironmentImage: Sendable {
  package enum Kind: Sendable, Equatable {
    /// By its id.
    case runtime(String)
    case app(String)
    case service(String)
    /// What serves HTTPS on this machine: no registry has it, and no workspace removes it.
    case proxy
  }

  package var isRuntime: Bool { if case .runtime = kind { true } else { false } }
  /// The app that it is the image of.
  package var app: String? { if case .app(let name) = kind { name } else { nil } }

  package let kind: Kind
  /// As `--image` calls it.
  package let name: String
  package let repository: ImageRepository
  /// The tag that the plan gives it; nil for the app's, which is that of its context.
  package let tag: String?
  /// Whether it is made from what its base's registry has, not from what is on the machine.
  package let isRefreshed: Bool
  /// Where its archive goes below `dist`, without the end of the name.
  package let archive: String
  package let source: ContextSource
  /// The ignore file's text by name, for messages.
  package let sources: [String: String]
  /// The spec that it is from.
  package let file: String

  fileprivate init(
    _ image: ImagePlan, of plan: EnvironmentPlan, kind: Kind, archive: String, source: ContextSource,
    sources: [String: String] = [:]
  ) {
    self.init(
      kind: kind, name: image.name, repository: image.repository, tag: image.tag, isRefreshed: image.refresh != nil,
      archive: archive, source: source, sources: sources, file: plan.spec.file)
  }

  fileprivate init(
    kind: Kind, name: String, repository: ImageRepository, tag: String?, isRefreshed: Bool, archive: String,
    source: ContextSource, sources: [String: String], file: String
  ) {
    (self.kind, self.name, self.repository, self.tag, self.isRefreshed) = (kind, name, repository, tag, isRefreshed)
    (self.archive, self.source, self.sources, self.file) = (archive, source, sources, file)
  }

  package func reference(_ staged: StagedContext) -> ImageReference { repository.tagged(tag ?? staged.tag) }
}

extension LoadedWorkspace {
  /// - Parameter names: Images that must be among them.
  package func images(of plan: EnvironmentPlan, named names: [String]) throws -> [EnvironmentImage] {
    let images = try images(of: plan)
    for name in names where !images.contains(where: { $0.name == name }) {
      throw CommandError(
        "input.image", "\(plan.customer) has no image \"\(name)\"",
        help: "there are: \(images.map(\.name).joined(separator: ", "))")
    }
    return images
  }

  /// The images of `plan`: runtimes, apps, services by name.
  package func images(of plan: EnvironmentPlan) throws -> [EnvironmentImage] {
    let generator = Generator()
    return try plan.images.map { image in
      let own = context(try generator.image(image, of: plan))
      switch image.subject {
      case .runtime(let runtime):
        return EnvironmentImage(
          image, of: plan, kind: .runtime(runtime.id), archive: GeneratedFolder.runtime(runtime.id), source: own)
      case .app(let app):
        var (source, texts) = try appContext(of: app, in: plan)
        source.files = own.files
        // Before the engine, which names neither the spec nor the place.
        let missing = missingNeeds(of: app.spec, in: source)
        if missing.hasErrors { throw DiagnosticsError(missing) }
        return EnvironmentImage(
          image, of: plan, kind: .app(app.name), archive: GeneratedFolder.app(app.name, of: plan.customer),
          source: source, sources: texts)
      case .service(let service):
        return EnvironmentImage(
          image, of: plan, kind: .service(service.name),
          archive: GeneratedFolder.service(service.name, of: plan.customer),
          source: own)
      }
    }
  }

  /// The image of what serves HTTPS in front of this customer and others.
  package func proxyImage(beside plan: EnvironmentPlan) throws -> EnvironmentImage? {
    // The catalog's alone: what holds the authority's key, and reaches the apps of every workspace, is no workspace's choice.
    let resolver = PlanResolver(
      definitions: WorkspaceReader().catalogDefinitions(), registry: nil, recipes: ImageRecipes(),
      readFile: { path, _ in .failure(DiagnosticsError([Diagnostic("proxy.file", "\(path) is not the catalog's")])) })
    guard let proxy = resolver.proxy(beside: plan.spec) else { return nil }
    return EnvironmentImage(
      kind: .proxy, name: "proxy", repository: proxy.image.repository, tag: proxy.image.tag, isRefreshed: false,
      archive: "kiln-proxy", source: context(try Generator().proxy(proxy)), sources: [:], file: plan.spec.file)
  }

  /// Files and folders that install commands need and the app's context has not.
  func missingNeeds(of app: EnvironmentSpec.App, in source: ContextSource) -> [Diagnostic] {
    app.install.flatMap(\.needs).compactMap { path in
      let isLeftOut = (try? source.ignore.verdict(on: Array(path.value.utf8)))?.isExcluded ?? false
      if !isLeftOut, source.layers.contains(where: { Self.has(path.value, $0.folder) }) { return nil }
      let near = Self.near(path.value, source.layers).map { "did you mean \"\($0)\"?" }
      return Diagnostic(
        "context.needs", "\"\(path.value)\", which an install command needs, is not in the app's context",
        at: path.location,
        suggestion: isLeftOut
          ? "a rule of the ignore file leaves it out" : near ?? "a file or a folder, relative to the app's source")
    }
  }

  /// One of a similar name in the same folder.
  private static func near(_ path: String, _ layers: [ContextSource.Layer]) -> String? {
    let parts = path.split(separator: "/")
    let outer = parts.dropLast().joined(separator: "/")
    let names = layers.flatMap { (try? $0.folder.pushing(FilePath(outer)).names()) ?? [] }
    return nearest(to: String(parts.last ?? ""), among: names.prefix(1000).sorted()).map {
      outer.isEmpty ? $0 : "\(outer)/\($0)"
    }
  }

  /// An app's folders, ignore rules and tokens, without what Kiln adds.
  ///
  /// - Parameter known: What was looked at before, where a fleet shares its sources.
  /// - Returns: `texts` has the ignore file's text by name, for messages.
  package func appContext(
    of plan: AppPlan, in environment: EnvironmentPlan, known: AppFolders = AppFolders()
  ) throws -> (source: ContextSource, texts: [String: String]) {
    let app = plan.spec
    var source = ContextSource(
      layers: ([app.source] + app.overlays).map { path in known.layer(path.value) { layer(path.value) } })
    source.leavesPrivateOut = true
    // Once for all customers of one command. Those that have nothing left out are not asked who is the first that has.
    if source.layers.contains(where: { !$0.leftOut.isEmpty }) {
      let first = known.firstLeavingOut {
        plans.first { plan in
          plan.apps.contains { app in
            ([app.spec.source] + app.spec.overlays).contains { path in
              !known.layer(path.value) { layer(path.value) }.leftOut.isEmpty
            }
          }
        }?.customer
      }
      source.reportsLeftOut = environment.customer == first
    }
    // The application's own rules are in its folder.
    let own = try known.rules(of: app.source.value) {
      let folder = folder(app.source.value)
      let own = try ContextFolder(
        folder, within: workspace.containment, name: { $0 == folder ? app.source.value.string : shown($0) })
      return (own.source.ignore, own.sources)
    }
    source.ignore = own.rules
    source.folder = ImageLayout.appFolder
    source.tokens = app.tokens.map { tokens in
      ContextTokens(
        files: tokens.files.map(\.value),
        values: Dictionary(uniqueKeysWithValues: tokens.values.map { ($0.name, Array($0.value.utf8)) }))
    }
    return (source, own.texts)
  }

  /// Whether `path` is there by folders alone: what a link leads to is not packed under the link's name.
  static func has(_ path: String, _ folder: FilePath) -> Bool {
    var place = folder
    for part in path.split(separator: "/") {
      guard place == folder || !place.isLink else { return false }
      place.append(String(part))
    }
    return place.isThere || place.isLink
  }

  /// A path as a spec names it, from the workspace's root.
  private func folder(_ path: FilePath) -> FilePath { workspace.root.pushing(path).lexicallyNormalized() }

  /// A folder of the app, without what Kiln writes where the workspace is in it.
  private func layer(_ path: FilePath) -> ContextSource.Layer {
    let folder = folder(path)
    var leftOut: [String] = []
    if let root = Containment.real(workspace.root), let real = Containment.real(folder), root.starts(with: real) {
      let way = root.components.dropFirst(real.components.count)
      for own in [WorkspaceLayout.relative.dist, workspace.output.lexicallyNormalized()] {
        leftOut.append((way + Array(own.components)).map(\.string).joined(separator: "/"))
      }
    }
    return .init(folder, name: path.string, leftOut: leftOut)
  }

  /// Without the application's own files.
  private func context(_ image: ImageOutput) -> ContextSource {
    ContextSource(
      layers: [], files: Dictionary(image.context.map { ($0.path, $0.bytes) }, uniquingKeysWith: { first, _ in first }))
  }

  /// Relative to the workspace where it is in it.
  private func shown(_ path: FilePath) -> String {
    let root = workspace.root.string + "/"
    return path.string.hasPrefix(root) ? String(path.string.dropFirst(root.count)) : path.string
  }
}
