import ArgumentParser
import KilnConsole
import KilnEngine
import KilnSpec
import KilnWorkspace

struct RunCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a job of a customer's now, or a command in an app's image.",
    discussion: """
      Examples:
        kiln run acme migrate                the job of that name
        kiln run acme care-digest            that of the app care, of several
        kiln run acme care -- php bin/x.php  any command, as the app care sees it

      In a container of its own, of the version that is up, with the app's values,
      secrets and volumes. The exit code is the program's.
      """)

  @Option(help: "The account; else the app's `user`.") var user: String?
  @OptionGroup var options: WorkspaceOptions
  @Argument(help: "The customer.") var customer: String
  @Argument(help: "A job, or an app where a command follows.") var name: String
  @Argument(parsing: .postTerminator, help: "The command.") var command: [String] = []

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    let environment = try LocalEnvironment(customer, root: loaded.workspace.root, context)
    let code = try await LocalRun(plan: try loaded.plan(of: customer), environment: environment)
      .run(name, command: command, as: user)
    if code != 0 { throw ExitCode(code) }
  }
}
