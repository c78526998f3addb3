import ArgumentParser
import KilnConsole
import KilnEngine
import KilnWorkspace

struct PruneCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Remove contexts, archives and images that nothing needs any more.",
    discussion: """
      Examples:
        kiln prune         what would be removed, and how large it is
        kiln prune --yes   removes it

      What goes: contexts and archives in dist/ of images that the specs have no
      more, older contexts of the others, and images that this workspace put on the
      engine, that are of no present recipe and that no container is made from.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Flag(help: "Remove it.") var yes = false
  @Flag(help: "Also contexts and archives that the next build or pack would use.") var all = false
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [])
    try context.stopOnErrors(loaded)
    let prune = try await WorkspacePrune(loaded, isAll: all, context)
    if yes { try await prune.remove() }
    format == .json
      ? context.console.output(json: prune.document(isRemoved: yes)) : context.console.output(prune.text)
    guard !options.quiet else { return }
    let outcome =
      prune.items.isEmpty ? "nothing to remove" : yes ? "removed" : "nothing was removed: `kiln prune --yes`"
    context.console.error("\(outcome)\n")
  }
}
