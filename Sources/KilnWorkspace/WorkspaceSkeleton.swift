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
        EnvironmentTemplate.render(customer: "hello", profile: "lamp", source: "apps/hello", catalog: catalog)
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
    for file in files { try NewFile.write(file.text, to: root.appending(file.path)) }
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
      let known = workspace.definitions.profiles.keys.sorted().joined(separator: ", ")
      throw CommandError("new.profile", "there is no profile \"\(profile)\"", help: "there are: \(known)")
    }
    let path = "environments/\(customer).yaml"
    if root.appending(path).isThere {
      throw CommandError("new.exists", "\(path) is already there", help: "edit that file")
    }
    // The customer's own folder, else the one that `kiln init` makes.
    let source = ["apps/\(customer)", "apps/hello"].first { root.appending($0).isFolder }
    let text = EnvironmentTemplate.render(
      customer: customer, profile: profile, source: source, catalog: .embedded)
    try NewFile.write(text, to: root.appending(path))
    return (path, source == nil)
  }
}

/// The commented spec that `init` and `new` write.
private enum EnvironmentTemplate {
  /// - Parameter source: The app's folder in the workspace; without one, the app is a comment.
  static func render(customer: String, profile: String, source: String?, catalog: Catalog) -> String {
    var template = catalog.file("templates/workspace/environment.yaml")?.text ?? ""
    if let source {
      template = template.replacing("../apps/hello ", with: "../\(source) ")
    } else {
      var isApp = false
      template = template.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        isApp = line == "app:" || isApp && line.hasPrefix("  ")
        return isApp ? "# \(line)" : String(line)
      }.joined(separator: "\n").replacing("../apps/hello ", with: "../apps/CUSTOMER ")
    }
    let prefix = customer.uppercased().replacing("-", with: "_")
    return template.replacing("CUSTOMER_VARIABLE", with: prefix).replacing("CUSTOMER", with: customer).replacing(
      "PROFILE", with: profile)
  }
}

/// Writes files that are not there yet.
private enum NewFile {
  static func write(_ text: String, to path: FilePath) throws {
    try path.removingLastComponent().makeFolders()
    let file = try AtomicFile.create(at: path)
    try Array(text.utf8).withUnsafeBytes { try file.write($0) }
    try file.commit(mode: FilePermissions(rawValue: 0o644))
  }
}
