import ArgumentParser
import KilnConsole
import KilnEngine
import KilnWorkspace

/// The workspace and the customer that commands on a running environment take.
struct LocalOptions: ParsableArguments {
  @Option(
    name: [.short, .customLong("workspace")],
    help: ArgumentHelp("The workspace's folder; else kiln.yaml is looked for upward.", valueName: "dir"))
  var workspace: String?

  @Argument(help: "The customer.") var customer: String

  /// Runs `body` with the environment, where the engine answers and it is this workspace's.
  func run(in context: CommandContext, _ body: (LocalEnvironment) async throws -> Void) async throws {
    let environment = try LocalEnvironment(customer, root: try context.root(of: workspace), context)
    try await body(environment)
  }
}
