import ArgumentParser
import KilnConsole
import KilnHTTP
import KilnLoad
import KilnWorkspace

struct LoadCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "load", abstract: "Run a customer's load tests, and hold them to their budgets.",
    discussion: """
      Examples:
        kiln load acme                      what is up on this machine
        kiln load acme browse --stage qa    one test, at the stage's domain
        kiln load acme --url https://care.acme.example

      Runs JMeter; prints throughput and percentiles, and exits with 1 where a budget
      of the spec's `load` is broken or the test got slower than `regression` allows
      since the last good result at the same place. dist/CUSTOMER/load keeps results,
      every answer, and report.html with charts.
      """)

  @Option(help: ArgumentHelp("With the values of this stage, at its domain.", valueName: "stage")) var stage: String?
  @Option(
    help: ArgumentHelp("At this address; with --stage in place of its domain.", valueName: "url"),
    transform: OptionRule.address)
  var url: HTTPAddress?
  @Option(help: ArgumentHelp("Write JUnit's XML to a file.", valueName: "file")) var junit: String?
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @OptionGroup var options: WorkspaceOptions
  @Argument(help: "The customer.") var customer: String
  @Argument(help: "Its load tests; all when none is named.") var names: [String] = []

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    let summary = try await LoadRun(
      loaded.plan(of: customer), names, at: .init(stage: stage, url: url), loaded: loaded,
      isQuiet: options.quiet, context
    ).run()
    format == .json ? context.console.output(json: summary.document) : context.console.output(summary.text)
    if let junit { try summary.writeJUnit(junit, in: context.folder) }
    if let failure = summary.failure { throw failure }
    // The result has said what is broken.
    if !summary.isGood { throw KilnExit.problems }
  }
}
