import KilnArtifacts
package import KilnCatalog
import KilnDiagnostics
import KilnDocuments
import KilnSpec
package import SystemPackage

/// A workspace with one environment that works as it is.
package struct WorkspaceSkeleton {
  package let root: FilePath
  private let files: [(path: String, text: String)]

  package init(root: FilePath, catalog: Catalog = .embedded) {
    self.root = root
    var files: [(path: String, text: String)] = []
    for file in catalog.files where file.path.hasPrefix("templates/workspace/") {
      let path = String(file.path.dropFirst("templates/workspace/".count))
      if path != "environment.yaml" { files.append((path, file.text)) }
    }
    files.append(
      (
        "environments/hello.yaml",
        EnvironmentTemplate(catalog: catalog).render(customer: "hello", profile: "lamp", source: "apps/hello")
      ))
    files.append((".gitignore", "/dist/\n"))
    let schema = JSONSchema(WorkspaceReader(catalog: catalog).catalogDefinitions())
    for subject in [JSONSchema.Subject.environment, .profile, .workspace] {
      files.append((".kiln/\(subject.rawValue).schema.json", JSONRenderer().render(schema.document(subject))))
    }
    self.files = files
  }

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
  package let profile: String

  package init(customer: String, profile: String) {
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
    guard workspace.definitions.profiles[profile] != nil else {
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
    try NewFile.write(
      template.render(customer: customer, profile: profile, source: source), to: path, below: root)
    return (path, source == nil && !template.appKeys.contains("source"))
  }

  /// The profile and those beneath it.
  private func profiles(_ definitions: Definitions) -> [SpecNode] {
    var chain: [SpecNode] = []
    var name: String? = profile
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

  /// - Parameter source: The app's folder in the workspace; without one, the app is a comment.
  func render(customer: String, profile: String, source: String?) -> String {
    var template = catalog.file("templates/workspace/environment.yaml")?.text ?? ""
    let components = names { $0["runtime"]?["components"] }
    let services = names { $0["services"] }
    if let component = components.min(), !components.contains("php") {
      template = lines(of: template) { line in
        line.hasPrefix("#     php: ") ? "#     \(component): {}            # `kiln components \(component)`" : line
      }
    }
    if appKeys.contains("environment") {
      template = lines(of: template) { line in
        ["  environment:", "    APP_NAME:", "    # DB_HOST:"].contains(where: line.hasPrefix) ? nil : line
      }
    }
    if profiles.contains(where: { $0["services"]?.entries?.contains { $0.value["database"] != nil } ?? false }) {
      template = lines(of: template) { line in
        ["# The database that", "# services:", "#   mariadb:"].contains(where: line.hasPrefix) ? nil : line
      }
    }
    if let service = services.min(), !services.contains("mariadb") {
      template = template.replacing("mariadb", with: service)
    }
    if appKeys.contains("source") {
      let own = appKeys.subtracting(["environment"]).map { "  \($0):" }
      template = lines(of: template) { line in own.contains { line.hasPrefix($0) } ? nil : line }
    } else if let source {
      template = template.replacing("../apps/hello ", with: "../\(source) ")
    } else {
      var isApp = false
      template = lines(of: template) { line in
        isApp = line == "app:" || isApp && line.hasPrefix("  ")
        return isApp ? "# \(line)" : line
      }.replacing("../apps/hello ", with: "../apps/CUSTOMER ")
    }
    let prefix = customer.uppercased().replacing("-", with: "_")
    return template.replacing("CUSTOMER_VARIABLE", with: prefix).replacing("CUSTOMER", with: customer).replacing(
      "PROFILE", with: profile)
  }

  private func lines(of text: String, _ edit: (String) -> String?) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).compactMap { edit(String($0)) }.joined(
      separator: "\n")
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
