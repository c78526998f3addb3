import Foundation
public import KilnArtifacts
public import KilnCatalog
public import KilnDiagnostics
public import KilnProcesses
public import SystemPackage

/// A workspace as read from disk: definitions, environments, and every problem found on the way.
public struct Workspace: Sendable {
  /// The folder with `kiln.yaml`, absolute.
  public let root: FilePath
  public let registry: Located<String>?
  /// The folder that `kiln generate` writes, relative to the root.
  public let output: FilePath
  public let build: BuildSettings
  /// Where the files that specs and definitions name may be.
  public let containment: Containment
  /// Folders outside that `kiln.yaml` allows, as paths from the root.
  public let allowed: [Located<FilePath>]
  public let definitions: Definitions
  /// The environments that could be read, by customer.
  public let environments: [EnvironmentSpec]
  /// Every spec that there is, whether or not it could be read, relative to the root.
  public let environmentFiles: Set<String>
  /// Customers that more than one spec describes, in lower case.
  public let duplicateCustomers: Set<String>
  public let problems: [Diagnostic]
  /// The text of every file that was read, by the name diagnostics give it.
  public let sources: [String: String]
  /// The same for excerpts: without the secrets that some file holds.
  public let excerpts: [String: String]

  /// The folder with `kiln.yaml` at or above `folder`.
  public static func root(above folder: FilePath) -> FilePath? {
    var folder = folder.lexicallyNormalized()
    while true {
      if FileManager.default.fileExists(atPath: folder.appending("kiln.yaml").string) { return folder }
      guard folder.removeLastComponent() else { return nil }
    }
  }
}

/// Reads workspaces.
public struct WorkspaceReader: Sendable {
  let catalog: Catalog
  let workers: Workers
  /// The folders of a workspace that are listed.
  public static let folders = ["environments", "profiles", "components", "components/files"]

  public init(catalog: Catalog = .embedded, workers: Workers = Workers()) {
    self.catalog = catalog
    self.workers = workers
  }

  /// The catalog's own definitions.
  public func catalogDefinitions() -> Definitions {
    var reading = Reading(root: "/", catalog: catalog)
    reading.readCatalog()
    return reading.definitions.definitions
  }

  /// Reads `kiln.yaml`, definitions, and all environments below `root`.
  public func read(_ root: FilePath) -> Workspace {
    var reading = Reading(root: root, catalog: catalog)
    reading.readCatalog()
    let settings = reading.readSettings()
    reading.readDefinitions()
    let environments = reading.readEnvironments(defaultProfile: settings.profile, workers)
    reading.checkCustomers()
    reading.checkReservedNames()
    reading.checkOutput(settings, environments)
    return Workspace(
      root: root, registry: settings.registry, output: settings.output, build: settings.build,
      containment: reading.containment, allowed: settings.allowed,
      definitions: reading.definitions.definitions,
      environments: environments.sorted { $0.customer.value < $1.customer.value },
      environmentFiles: reading.environmentFiles,
      duplicateCustomers: reading.duplicates,
      problems: (reading.problems + reading.definitions.problems).filter { !$0.isConsequence }.inCanonicalOrder(),
      sources: reading.store.texts,
      excerpts: reading.store.texts.merging(reading.store.masked) { _, masked in masked })
  }
}

/// One reading of a workspace.
private struct Reading {
  let root: FilePath
  let catalog: Catalog
  var store = SourceStore()
  var definitions = DefinitionReader()
  var problems: [Diagnostic] = []
  private var customers: [Located<String>] = []
  private(set) var containment: Containment
  private(set) var environmentFiles: Set<String> = []
  private(set) var duplicates: Set<String> = []

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
        // The catalog's files are named so that nobody looks for them in the workspace.
        let shown = "kiln:\(folder)/\(name).yaml"
        store.add(file.text, as: shown)
        add(kind, name, file.text, shown)
      }
    }
    for file in catalog.files(in: "templates/files") {
      definitions.definitions.templates[String(file.path.dropFirst("templates/files/".count))] = file.text
    }
  }

  private mutating func add(_ kind: DefinitionReader.Kind?, _ name: String, _ text: String, _ shown: String) {
    let (root, found) = YAMLReader(file: shown).read(text)
    problems += found
    guard let root else {
      store.mask(shown, nil)
      definitions.lose(kind, name, file: shown)
      return
    }
    // The catalog's own files are tested for them.
    if !shown.hasPrefix("kiln:") {
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
    var allowed: [Located<FilePath>] = []
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
    settings.allowed = allowed(in: node)
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

  /// The folders that `allow` lists; one that would let in everything is a problem.
  private mutating func allowed(in node: SpecNode) -> [Located<FilePath>] {
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
  private mutating func tree(_ name: String) -> SpecNode? {
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
  private mutating func files(in folder: String) -> [String] {
    let names = names(in: folder)
    if folder == "environments" { problems += IgnoredSpecs(root: root).problems(among: names) }
    return names.filter { IgnoredSpecs.isSpec($0) && !$0.hasPrefix(".") }
  }

  /// What a folder of the workspace holds. One that is there and cannot be listed is a problem: what it has is not known.
  private mutating func names(in folder: String) -> [String] {
    do throws(FolderListing.Failure) {
      return try FolderListing.names(in: root.appending(folder))
    } catch {
      problems.append(
        Diagnostic(
          "spec.unreadable", error.message, at: SourceLocation(file: folder), suggestion: error.help))
      return []
    }
  }

  private func stem(_ file: String) -> String { String(file[..<(file.lastIndex(of: ".") ?? file.endIndex)]) }

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
        problems += error.diagnostics
        definitions.definitions.templates[name] = nil
      case .success(let text): definitions.definitions.templates[name] = text
      }
    }
  }

  /// An environment's file, before anything else is known of it.
  private struct Read: Sendable {
    let file: String
    var text: String?
    var node: SpecNode?
    /// Scalars that no excerpt may show; nil where the text could not be read.
    var hidden: [SpecNode]?
    var problems: [Diagnostic] = []

    init(_ file: String, in root: FilePath, _ containment: Containment) {
      self.file = file
      switch SourceStore.text(root.appending(file), as: file, within: containment) {
      case .failure(let error): problems = error.diagnostics
      case .success(let text):
        self.text = text
        (node, problems) = YAMLReader(file: file).read(text)
        let secrets = node.map(LiteralSecrets.inEnvironment)
        hidden = secrets?.hidden
        problems += secrets?.problems ?? []
      }
    }
  }

  /// Files are read, and merged with their profiles, by all workers; profiles are merged once, in between.
  mutating func readEnvironments(defaultProfile: Located<String>?, _ workers: Workers) -> [EnvironmentSpec] {
    let (root, containment) = (root, containment)
    let names = files(in: "environments").map { "environments/\($0)" }
    environmentFiles = Set(names)
    guard let read = try? workers.map(names, { Read($0, in: root, containment) }) else { return [] }
    var profiles = ProfileMerger(definitions.definitions)
    var waiting: [(file: String, node: SpecNode, beneath: SpecNode?, isWhole: Bool)] = []
    for one in read {
      problems += one.problems
      if let text = one.text {
        store.add(text, as: one.file)
        store.mask(one.file, one.hidden)
      }
      guard let node = one.node else { continue }
      guard node.entries != nil else {
        problems += ShapeChecker().problems(in: node, .environment)
        continue
      }
      if let customer = node.optional("customer") { customers.append(customer) }
      guard let name = node.optional("profile") ?? defaultProfile else {
        waiting.append((one.file, node, nil, true))
        continue
      }
      let beneath = profiles.tree(name)
      waiting.append((one.file, node, beneath, beneath != nil))
    }
    problems += profiles.problems
    let uses = UseChecker(definitions.definitions)
    let found =
      (try? workers.map(waiting) { file, node, beneath, isWhole -> (EnvironmentSpec?, [Diagnostic]) in
        // Problems of the file alone are told even when its profile is unknown.
        guard isWhole else { return (nil, ShapeChecker(isPartial: true).problems(in: node, .environment)) }
        var merger = SpecMerger()
        let merged = merger.merge(node, over: beneath)
        var problems = ShapeChecker().problems(in: merged, .environment)
        // Keys of services decide whether the spec can be decoded; where it cannot, there is no plan to report the rest.
        let found = Set(problems.map(\.location))
        if problems.hasErrors || uses.serviceProblems(in: merged).hasErrors {
          problems += uses.problems(in: merged).filter { !found.contains($0.location) }
        }
        return (problems.hasErrors ? nil : EnvironmentSpec(file: file, tree: merged), merger.problems + problems)
      }) ?? []
    problems += found.flatMap(\.1)
    return found.compactMap(\.0)
  }

  mutating func checkCustomers() {
    var seen: [String: Located<String>] = [:]
    for customer in customers {
      if let first = seen[customer.value.lowercased()] {
        duplicates.insert(customer.value.lowercased())
        problems.append(
          Diagnostic(
            "spec.duplicate-customer", "customer \"\(customer.value)\" is already described", at: customer.location,
            suggestion: "give each customer one file", notes: [.init("here", at: first.location)]))
      } else {
        seen[customer.value.lowercased()] = customer
      }
    }
  }

  mutating func checkReservedNames() {
    for customer in customers where Shape.reservedCustomers.contains(customer.value) {
      problems.append(
        Diagnostic(
          "spec.reserved-name", "a customer cannot be called \"\(customer.value)\"", at: customer.location,
          suggestion: "the output folder has a folder of that name for other files; choose another name"))
    }
  }

  /// The output folder and the applications' sources are apart.
  mutating func checkOutput(_ settings: Settings, _ environments: [EnvironmentSpec]) {
    let place = OutputPlace(root: root)
    let output = root.pushing(settings.output)
    var seen: Set<FilePath> = []
    for path in environments.compactMap(\.app).flatMap({ [$0.source] + $0.overlays }) {
      guard seen.insert(path.value).inserted, place.overlaps(output, path.value) else { continue }
      problems.append(
        OutputPlace.problem(
          "output \"\(settings.output)\" and the app's folder \"\(path.value)\" overlap",
          at: settings.outputLocation ?? path.location))
      if settings.outputLocation != nil { return }
    }
  }
}
