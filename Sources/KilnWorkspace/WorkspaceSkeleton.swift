import KilnArtifacts
package import KilnCatalog
import KilnDiagnostics
import KilnDocuments
import KilnSpec
import KilnText
package import SystemPackage

/// A workspace with one environment that works as it is.
package struct WorkspaceSkeleton {
  package let root: FilePath
  private let files: [(path: String, text: String)]

  package init(root: FilePath, catalog: Catalog = .embedded) throws {
    self.root = root
    let definitions = WorkspaceReader(catalog: catalog).catalogDefinitions()
    let lamp = definitions.profiles["lamp"].map { [$0] } ?? []
    var files: [(path: String, text: String)] = []
    for file in catalog.files where file.path.hasPrefix("templates/workspace/") {
      let path = String(file.path.dropFirst("templates/workspace/".count))
      if path != "environment.yaml.mustache" { files.append((path, file.text)) }
    }
    files.append(
      (
        "environments/hello.yaml",
        try EnvironmentTemplate(catalog: catalog, profiles: lamp).render(
          customer: "hello", profile: "lamp", source: "apps/hello")
      ))
    files.append((".gitignore", "/dist/\n"))
    files.append((".hadolint.yaml", Self.hadolint))
    let schema = JSONSchema(definitions)
    for subject in [JSONSchema.Subject.environment, .profile, .workspace] {
      files.append((".kiln/\(subject.rawValue).schema.json", JSONRenderer().render(schema.document(subject))))
    }
    self.files = files
  }

  /// Rules that generated Dockerfiles break on purpose.
  private static let hadolint = """
    # What generated Dockerfiles do on purpose:
    # DL3008: packages have no versions: Debian's mirrors drop old ones, and an image is pinned as a whole, by its digest.
    # DL3059: a RUN for each component: a change to a later one keeps the layers before it.
    # DL3066: data services run as the account that their package made, by its name.
    ignored: [DL3008, DL3059, DL3066]

    """

  /// Writes all of it, or nothing where one of its files is there.
  package func write() throws {
    let existing = files.map(\.path).filter { root.appending($0).isThere }
    guard existing.isEmpty else {
      throw CommandError(
        "workspace.exists", "\(existing.sorted().joined(separator: ", ")) already there, nothing was written",
        help: "`kiln init DIR` makes a workspace in a folder of its own; `kiln new CUSTOMER` adds an environment")
    }
    try root.makeFolders()
    for file in files { try NewFile.write(file.text, to: file.path, below: root) }
  }
}

/// A customer that a workspace gets.
package struct NewEnvironment {
  package let customer: String
  /// Nil for a spec that says all itself.
  package let profile: String?

  package init(customer: String, profile: String?) {
    self.customer = customer
    self.profile = profile
  }

  /// - Returns: The spec's path in the workspace, and whether its app is only a comment for want of a source.
  package func write(to root: FilePath) throws -> (path: String, lacksSource: Bool) {
    let workspace = WorkspaceReader().read(root)
    if let name = Shape.customerProblem(customer) {
      throw CommandError("new.name", "a customer cannot be called \"\(customer)\"", help: name)
    }
    if let taken = workspace.environments.first(where: { $0.customer.value == customer }) {
      throw CommandError(
        "new.exists", "customer \"\(customer)\" is already described in \(taken.file)", help: "edit that file")
    }
    if let profile, workspace.definitions.profiles[profile] == nil {
      if let file = workspace.definitions.unusable[profile] {
        throw CommandError("new.profile", "\(file) has errors", help: "`kiln check` shows them")
      }
      let known = workspace.definitions.profiles.keys.sorted().joined(separator: ", ")
      throw CommandError("new.profile", "there is no profile \"\(profile)\"", help: "there are: \(known)")
    }
    let path = "environments/\(customer).yaml"
    if root.appending(path).isThere {
      throw CommandError("new.exists", "\(path) is already there", help: "edit that file")
    }
    let template = EnvironmentTemplate(catalog: .embedded, profiles: profiles(workspace.definitions))
    // The customer's own folder, else the one that `kiln init` makes.
    let source = ["apps/\(customer)", "apps/hello"].first { root.appending($0).isFolder }
    let text = try template.render(customer: customer, profile: profile, source: source)
    try NewFile.write(text, to: path, below: root)
    return (path, source == nil && !template.appKeys.contains("source"))
  }

  /// The profile and those beneath it.
  private func profiles(_ definitions: Definitions) -> [SpecNode] {
    var chain: [SpecNode] = []
    var name = profile
    while let next = name.flatMap({ definitions.profiles[$0] }), chain.count < 100 {
      chain.append(next)
      name = next["profile"]?.scalar?.text
    }
    return chain
  }
}

/// The commented spec that `init` and `new` write: what the profile says is left to it, and examples are of what it has.
private struct EnvironmentTemplate {
  let catalog: Catalog
  var profiles: [SpecNode] = []

  /// Keys of the app that the profile has.
  var appKeys: Set<String> { names { $0["app"] } }

  private func names(_ of: (SpecNode) -> SpecNode?) -> Set<String> {
    Set(profiles.flatMap { of($0)?.entries ?? [] }.map(\.key))
  }

  /// - Parameters:
  ///   - profile: Nil for a spec that has a runtime of its own.
  ///   - source: The app's folder in the workspace; without one, the app is a comment.
  func render(customer: String, profile: String?, source: String?) throws -> String {
    let components = names { $0["runtime"]?["components"] }
    let services = names { $0["services"] }
    let extensions = profiles.flatMap { $0["runtime"]?["components"]?["php"]?["extensions"]?.items ?? [] }
    let isSourceKnown = source != nil || appKeys.contains("source")
    var values: [String: MustacheTemplate.Value] = [
      "customer": .text(customer), "variable": .text(customer.uppercased().replacing("-", with: "_")),
      "isOnProfile": .boolean(profile != nil), "profile": .text(profile ?? ""),
      "hasPHP": .boolean(components.contains("php") || components.isEmpty),
      "hasMongoDB": .boolean(extensions.contains { $0.scalar?.text == "mongodb" }),
      "component": .text(components.min() ?? ""),
      "mark": .text(isSourceKnown ? "" : "# "), "source": .text("../\(source ?? "apps/\(customer)")"),
      "hasService": .boolean(!services.isEmpty),
      "service": .text(services.contains("mariadb") ? "mariadb" : services.min() ?? "mariadb"),
      "hasDatabase": .boolean(
        profiles.contains { $0["services"]?.entries?.contains { $0.value["database"] != nil } ?? false }),
    ]
    for key in ["source", "overlays", "workdir", "port", "health", "environment"] {
      values["app.\(key)"] = .boolean(appKeys.contains(key))
    }
    let text = catalog.file("templates/workspace/environment.yaml.mustache")?.text ?? ""
    do { return try MustacheTemplate(text).render(values) } catch {
      throw CommandError("new.template", "the template of a spec cannot be rendered: \(error.message)")
    }
  }
}

/// Writes files that are not there yet, through no link that somebody has committed.
private enum NewFile {
  static func write(_ text: String, to name: String, below root: FilePath) throws {
    let path = root.appending(name)
    try UnlinkedFolder.make(path.removingLastComponent(), below: root)
    let file = try AtomicFile.create(at: path)
    try Array(text.utf8).withUnsafeBytes { try file.write($0) }
    try file.commit(mode: FilePermissions(rawValue: 0o644))
  }
}
