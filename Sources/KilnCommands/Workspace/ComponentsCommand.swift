import ArgumentParser
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnSpec
import KilnWorkspace

struct ComponentsCommand: SynchronousCommand, WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "components", abstract: "List what a spec can name, or describe one of them.",
    discussion: """
      Examples:
        kiln components                    bases, components, services and profiles
        kiln components php                its parameters and steps
        kiln components --format markdown  the catalog as a page
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, markdown }

  @OptionGroup var options: WorkspaceOptions
  @Option(help: "text, json or markdown.") var format: Format = .text
  @Argument(help: "A base, component, service or profile.") var name: String?

  func run(in context: CommandContext) throws {
    // Outside a workspace there is still the catalog.
    let root = Workspace.root(above: context.folder)
    let definitions =
      (options.workspace == nil && root == nil)
      ? WorkspaceReader().catalogDefinitions()
      : WorkspaceReader().read(try context.root(of: options.workspace)).definitions
    let document = CatalogDocument(definitions: definitions)
    if let name {
      guard let text = document.describe(name, asJSON: format == .json) else {
        let near =
          nearest(to: name, among: document.names).map { "did you mean \"\($0)\"?" } ?? "`kiln components` lists all"
        throw CommandError("components.name", "there is no \"\(name)\" in the catalog", help: near)
      }
      return text.hasPrefix("{") ? context.console.output(json: text) : context.console.output(text)
    }
    switch format {
    case .text: context.console.output(document.list)
    case .json: context.console.output(json: document.json)
    case .markdown: context.console.output(document.markdown)
    }
  }
}
