public import ArgumentParser
import KilnConsole
import KilnDocuments
public import KilnSpec
import KilnWorkspace

extension JSONSchema.Subject: ExpressibleByArgument {}

struct SchemaCommand: SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of a file, for editors.",
    discussion: """
      Examples:
        kiln schema --workspace > .kiln/environment.schema.json
        kiln schema component

      With --workspace the schema has the names of the bases, components, services
      and profiles of catalog and workspace, their parameters and allowed values.
      Write it again when one of the workspace's own changes.

      An editor with the YAML language server uses it by the first line of a spec:
        # yaml-language-server: $schema=../.kiln/environment.schema.json
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case json, markdown }

  @Option(help: "json: a JSON Schema; markdown: every file's keys as a page.") var format: Format = .json
  @Flag(help: "With the names, parameters and values of the workspace that this folder is in.") var workspace = false
  @Argument(help: "environment, profile, workspace, hosts, component, service or base.") var subject:
    JSONSchema.Subject =
      .environment

  func run() async throws { try run(in: .current(color: .auto)) }

  func run(in context: CommandContext) throws {
    if format == .markdown { return context.console.output(SpecReference().markdown) }
    let schema = JSONSchema(workspace ? try context.definitions() : nil)
    context.console.output(json: JSONRenderer().render(schema.document(subject)))
  }
}
