import KilnArtifacts
import KilnCatalog
import KilnDiagnostics
import KilnProcesses
import SystemPackage

/// One reading of a workspace.
struct WorkspaceReading {
  let root: FilePath
  let catalog: Catalog
  var store = SourceStore()
  var definitions = DefinitionReader()
  var problems: [Diagnostic] = []
  var customers: [Located<String>] = []
  var containment: Containment
  var environmentFiles: Set<String> = []
  var duplicates: Set<String> = []

  init(root: FilePath, catalog: Catalog) {
    self.root = root
    self.catalog = catalog
    containment = Containment(root: root)
  }

  mutating func readCatalog() {
    let folders: [(String, DefinitionReader.Kind)] = [
      ("bases", .base), ("components", .component), ("services", .service), ("profiles", .profile),
    ]
    for (folder, kind) in folders {
      for file in catalog.files(in: "templates/\(folder)") {
        let name = String(file.path.split(separator: "/").last?.dropLast(".yaml".count) ?? "")
        let shown = SourceFile(.catalog, "\(folder)/\(name).yaml").description
        store.add(file.text, as: shown)
        add(kind, name, file.text, shown)
      }
    }
    for file in catalog.files(in: "templates/proxies") {
      let shown = SourceFile(.catalog, String(file.path.dropFirst("templates/".count))).description
      guard let root = YAMLReader(file: shown).read(file.text).0 else { continue }
      definitions.addProxy(String(file.path.split(separator: "/").last?.dropLast(".yaml".count) ?? ""), root)
    }
    for file in catalog.files(in: "templates/files") {
      definitions.definitions.templates[String(file.path.dropFirst("templates/files/".count))] = file.text
    }
  }

  mutating func add(_ kind: DefinitionReader.Kind?, _ name: String, _ text: String, _ shown: String) {
    let (root, found) = YAMLReader(file: shown).read(text)
    problems += found
    guard let root else {
      store.mask(shown, nil)
      definitions.lose(kind, name, file: shown)
      return
    }
    // The catalog's own files are tested for them.
    if SourceFile(shown).origin == .workspace {
      let secrets = kind == .profile ? LiteralSecrets.inEnvironment(root) : LiteralSecrets.inDefinition(root)
      problems += secrets.problems
      store.mask(shown, secrets.hidden)
      // Nothing is made of it, and of what uses it.
      if secrets.problems.hasErrors { return definitions.lose(kind, name, file: shown) }
    }
    var kind = kind
    if kind == nil {
      kind = .component
      if let node = root["kind"], let text = node.scalar?.text {
        kind = DefinitionReader.Kind(rawValue: text)
        if kind == nil || kind == .profile {
          definitions.lose(nil, name, file: shown)
          problems.append(
            Diagnostic(
              "spec.invalid-value", "kind cannot be \"\(text)\"", at: node.location,
              suggestion: "one of: component, service, base"))
          return
        }
      }
    }
    if let kind { definitions.add(kind, name, root) }
  }

  struct Settings {
    var registry: Located<String>?
    var output = FilePath("generated")
    /// Where the settings name it.
    var outputLocation: SourceLocation?
    var profile: Located<String>?
    var build = BuildSettings()
    var clusters: [Cluster] = []
    var notify: [NotificationUse] = []
    var pipeline = PipelineSettings()
    var allowed: [Located<FilePath>] = []
    var allowsLoadPlans = false
  }

  mutating func readSettings() -> Settings {
    var settings = Settings()
    guard let node = tree("kiln.yaml") else { return settings }
    let found = ShapeChecker().problems(in: node, .workspace)
    problems += found
    if found.hasErrors { return settings }
    settings.registry = node.optional("registry")
    settings.profile = node.optional("profile")
    settings.build = node["build"].map { BuildSettings($0) } ?? BuildSettings()
    settings.clusters = (node["clusters"]?.entries ?? []).map { Cluster($0) }
    settings.notify = (node["notify"]?.items ?? []).map { NotificationUse($0) }
    settings.pipeline = node["pipeline"].map { PipelineSettings($0) } ?? PipelineSettings()
    settings.allowed = allowed(in: node)
    settings.allowsLoadPlans = node["allowLoadPlans"]?.boolean ?? false
    containment = Containment(root: root, allowed: settings.allowed.map { root.pushing($0.value) })
    if let output = node["output"]?.path {
      let path = output.value.lexicallyNormalized()
      settings.outputLocation = output.location
      if path.isAbsolute || path.components.isEmpty || path.components.first?.string == ".." {
        problems.append(
          Diagnostic(
            "spec.path-outside", "output must be a folder inside the workspace", at: output.location,
            suggestion: "as in: generated"))
      } else if let conflict = OutputPlace(root: root).conflict(root.pushing(path)) {
        problems.append(OutputPlace.problem("output \(conflict)", at: output.location))
      } else {
        settings.output = path
      }
    }
    return settings
  }

  /// What `kiln.lock` says, where there is one.
  mutating func readRefreshes() -> ImageRefreshes {
    let name = WorkspaceLayout.lockName
    guard root.appending(name).isThere || root.appending(name).isLink, let node = tree(name) else { return .init() }
    let found = ShapeChecker().problems(in: node, ImageRefreshes.shape)
    problems += found
    return found.hasErrors ? .init() : ImageRefreshes(node)
  }

  /// The folders that `allow` lists; one that would let in everything is a problem.
  mutating func allowed(in node: SpecNode) -> [Located<FilePath>] {
    (node["allow"]?.items ?? []).map(\.path).filter { folder in
      guard Containment.real(root.pushing(folder.value))?.components.isEmpty == true else { return true }
      problems.append(
        Diagnostic(
          "spec.allow", "\"\(folder.value)\" is the root of the file system: it would allow every file",
          at: folder.location, suggestion: "the folder that is shared, as in ../shared-apps"))
      return false
    }
  }

  /// Reads a YAML file by its path from the root.
  mutating func tree(_ name: String) -> SpecNode? {
    switch store.read(root.appending(name), as: name, within: containment) {
    case .failure(let error):
      problems += error.diagnostics
      return nil
    case .success(let text):
      let (node, found) = YAMLReader(file: name).read(text)
      let secrets = node.map(LiteralSecrets.inWorkspace)
      store.mask(name, secrets?.hidden)
      problems += found + (secrets?.problems ?? [])
      return node
    }
  }

  /// YAML files in a folder of the workspace, by name; a missing folder has none.
  mutating func files(in folder: String) -> [String] {
    let names = names(in: folder)
    if folder == "environments" { problems += IgnoredSpecs(root: root).problems(among: names) }
    return names.filter { IgnoredSpecs.isSpec($0) && !$0.hasPrefix(".") }
  }

  /// What a folder of the workspace holds. One that is there and cannot be listed is a problem: what it has is not known.
  mutating func names(in folder: String) -> [String] {
    do throws(FolderListing.Failure) {
      return try FolderListing.names(in: root.appending(folder))
    } catch {
      problems.append(
        Diagnostic(
          "spec.unreadable", error.message, at: SourceLocation(file: folder), suggestion: error.help))
      return []
    }
  }

  func stem(_ file: String) -> String { String(file[..<(file.lastIndex(of: ".") ?? file.endIndex)]) }

  mutating func readDefinitions() {
    for (folder, kind) in [("profiles", DefinitionReader.Kind.profile), ("components", nil)] {
      for file in files(in: folder) {
        let shown = "\(folder)/\(file)"
        switch store.read(root.appending(shown), as: shown, within: containment) {
        case .failure(let error):
          problems += error.diagnostics
          definitions.lose(kind, stem(file), file: shown)
        case .success(let text): add(kind, stem(file), text, shown)
        }
      }
    }
    // Where components itself cannot be listed, that is said already.
    guard !problems.contains(where: { $0.location?.file == "components" }) else { return }
    for name in names(in: "components/files") {
      let shown = "components/files/\(name)"
      switch store.read(root.appending(shown), as: shown, within: containment) {
      case .failure(let error):
        definitions.definitions.templates[name] = nil
        // What a component copies may be anything; a template may not, which is said where one asks for it.
        if SourceStore.isData(error) {
          definitions.definitions.data[name] = error.diagnostics.map(\.message).joined()
        } else {
          problems += error.diagnostics
        }
      case .success(let text): definitions.definitions.templates[name] = text
      }
    }
  }
}
