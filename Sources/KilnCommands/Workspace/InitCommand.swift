import ArgumentParser
import Foundation
import KilnArtifacts
import KilnCatalog
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnSpec
import SystemPackage

struct InitCommand: SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Make a workspace with one environment that works as it is.",
    discussion: """
      Examples:
        kiln init acme-infra && cd acme-infra && kiln check && kiln generate
      """)

  @Argument(help: "The folder; the current one when none is named.") var folder = "."

  func run(in context: CommandContext) throws {
    let root = context.folder.pushing(FilePath(folder))
    let catalog = Catalog.embedded
    var files: [(path: String, text: String)] = []
    for file in catalog.files where file.path.hasPrefix("templates/workspace/") {
      let path = String(file.path.dropFirst("templates/workspace/".count))
      if path != "environment.yaml" { files.append((path, file.text)) }
    }
    files.append(
      ("environments/hello.yaml", EnvironmentTemplate.render(customer: "hello", profile: "lamp", catalog: catalog)))
    files.append((".gitignore", "/dist/\n"))
    for subject in [JSONSchema.Subject.environment, .workspace] {
      files.append((".kiln/\(subject.rawValue).schema.json", JSONRenderer().render(JSONSchema().document(subject))))
    }
    let existing = files.map(\.path).filter { FileManager.default.fileExists(atPath: root.appending($0).string) }
    guard existing.isEmpty else {
      throw CommandError(
        "workspace.exists", "\(existing.sorted().joined(separator: ", ")) already there, nothing was written",
        help: "`kiln init DIR` makes a workspace in a folder of its own; `kiln new CUSTOMER` adds an environment")
    }
    for file in files { try NewFile.write(file.text, to: root.appending(file.path)) }
    context.console.error("made a workspace in \(root.lexicallyNormalized()); next: `kiln check`, `kiln generate`\n")
  }
}

struct NewCommand: SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Write a commented spec for a customer.",
    discussion: """
      Examples:
        kiln new acme --profile lamp
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: "The profile beneath it.") var profile: String = "lamp"
  @Argument(help: "The customer's name.") var customer: String

  var color: ColorChoice { options.color }

  func run(in context: CommandContext) throws {
    let root = try context.root(options)
    let workspace = WorkspaceReader().read(root)
    let name = Shape.customerProblem(customer)
    if let name { throw CommandError("new.name", "a customer cannot be called \"\(customer)\"", help: name) }
    if let taken = workspace.environments.first(where: { $0.customer.value == customer }) {
      throw CommandError(
        "new.exists", "customer \"\(customer)\" is already described in \(taken.file)", help: "edit that file")
    }
    guard workspace.definitions.profiles[profile] != nil else {
      let known = workspace.definitions.profiles.keys.sorted().joined(separator: ", ")
      throw CommandError("new.profile", "there is no profile \"\(profile)\"", help: "there are: \(known)")
    }
    let path = "environments/\(customer).yaml"
    if FileManager.default.fileExists(atPath: root.appending(path).string) {
      throw CommandError("new.exists", "\(path) is already there", help: "edit that file")
    }
    let text = EnvironmentTemplate.render(customer: customer, profile: profile, catalog: .embedded)
    try NewFile.write(text, to: root.appending(path))
    context.console.output("\(path)\n")
  }
}

/// The commented spec that `init` and `new` write.
enum EnvironmentTemplate {
  static func render(customer: String, profile: String, catalog: Catalog) -> String {
    let template = catalog.file("templates/workspace/environment.yaml")?.text ?? ""
    let prefix = customer.uppercased().replacing("-", with: "_")
    return template.replacing("CUSTOMER_VARIABLE", with: prefix).replacing("CUSTOMER", with: customer).replacing(
      "PROFILE", with: profile)
  }
}

/// Writes files that are not there yet.
enum NewFile {
  static func write(_ text: String, to path: FilePath) throws {
    try FileManager.default.createDirectory(
      atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
    let file = try AtomicFile.create(at: path)
    try Array(text.utf8).withUnsafeBytes { try file.write($0) }
    try file.commit(mode: FilePermissions(rawValue: 0o644))
  }
}
