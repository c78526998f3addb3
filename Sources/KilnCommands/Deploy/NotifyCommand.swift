import ArgumentParser
import KilnConsole
import KilnDeploy
import KilnWorkspace

struct NotifyCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "notify", abstract: "Report a failed job of a CI pipeline to those whom kiln.yaml names.",
    discussion: """
      Example, as pipelines of `kiln pipeline` run it:
        kiln notify "building acme" --customer acme --since HEAD~3 --url "$URL"

      The message has the commits since then with their authors. Deployments report
      themselves.
      """)

  @Option(help: "The customer that it was for.") var customer: String?
  @Option(help: "The stage.") var stage: String?
  @Option(help: ArgumentHelp("The commit before those that the job was for.", valueName: "commit")) var since: String?
  @Option(help: ArgumentHelp("Where people read more.", valueName: "url")) var url: String?
  @OptionGroup var options: WorkspaceOptions
  @Argument(help: "What failed, as in \"building acme\".") var job: String

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [])
    try await PipelineFailure(job: job, customer: customer, stage: stage, url: url, since: since).send(loaded, context)
  }
}
