import ArgumentParser
import KilnConsole
import KilnEngine
import KilnWorkspace
import SystemPackage

/// The workspace and the customer that commands on a running environment take.
struct LocalOptions: ParsableArguments {
  /// The workspace alone, for commands that take several customers.
  struct Folder: ParsableArguments {
    @Option(
      name: [.short, .customLong("workspace")],
      help: ArgumentHelp("The workspace's folder; else kiln.yaml is looked for upward.", valueName: "dir"))
    var workspace: String?

    func root(in context: CommandContext) throws -> FilePath { try context.root(of: workspace) }

    func environment(_ customer: String, in context: CommandContext) throws -> LocalEnvironment {
      try LocalEnvironment(customer, root: try root(in: context), context)
    }
  }

  @OptionGroup var folder: Folder
  @Argument(help: "The customer.") var customer: String

  func environment(in context: CommandContext) throws -> LocalEnvironment {
    try folder.environment(customer, in: context)
  }
}
