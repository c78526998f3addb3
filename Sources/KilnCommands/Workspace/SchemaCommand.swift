public import ArgumentParser
import KilnConsole
import KilnDocuments
public import KilnSpec

extension JSONSchema.Subject: ExpressibleByArgument {}

struct SchemaCommand: SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of a file, for editors.",
    discussion: """
      Examples:
        kiln schema > .kiln/environment.schema.json
        kiln schema component

      An editor with the YAML language server uses it by the first line of a spec:
        # yaml-language-server: $schema=../.kiln/environment.schema.json
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case json, markdown }

  @Option(help: "json: a JSON Schema; markdown: every file's keys as a page.") var format: Format = .json
  @Argument(help: "environment, profile, workspace, component, service or base.") var subject: JSONSchema.Subject =
    .environment

  func run() async throws { run(in: .current(color: .auto)) }

  func run(in context: CommandContext) {
    if format == .markdown { return context.console.output(SpecReference().markdown) }
    context.console.output(json: JSONRenderer().render(JSONSchema().document(subject)))
  }
}
