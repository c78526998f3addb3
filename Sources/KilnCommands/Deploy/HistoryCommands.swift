import ArgumentParser
import KilnConsole
import KilnDeploy
import KilnDiagnostics
import KilnMachines
import KilnPlan
import KilnSpec
import KilnWorkspace

struct HistoryCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "List a customer's releases: what ran when, who deployed it, and what came of it."
  )

  @Option(help: "The stage; all where it is left out.") var stage: String?
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @OptionGroup var options: WorkspaceOptions
  @Argument(help: "The customer.") var customer: String

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    let history = try await EnvironmentStages(loaded, [customer], stage: stage, context).history()
    format == .json ? context.console.output(json: history.document) : context.console.output(history.text)
  }
}

struct FleetCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "fleet", abstract: "Show which version of which customer runs in which stage.",
    discussion: """
      Examples:
        kiln fleet                      a table
        kiln fleet --html fleet.html    one page, with what is in each version
      """)

  @Option(help: "Only this stage.") var stage: String?
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Option(help: ArgumentHelp("Write the page there.", valueName: "file")) var html: String?
  @OptionGroup var options: WorkspaceOptions
  @Argument(help: "Customers; all when none is named.") var customers: [String] = []

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: customers)
    // One spec with errors hides nobody else's deployments.
    if loaded.plans.isEmpty { try context.stopOnErrors(loaded) }
    context.console.report(loaded.problems, sources: loaded.workspace.excerpts)
    let names = loaded.plans.filter(\.isDeployed).map(\.customer)
    let fleet = try await EnvironmentStages(loaded, names, stage: stage, context).fleet(jobs: options.jobs ?? 4)
    if let html { try fleet.write(html, in: context.folder) }
    format == .json ? context.console.output(json: fleet.document) : context.console.output(fleet.text)
    if loaded.problems.hasErrors || fleet.isUnanswered { throw KilnExit.problems }
  }
}

struct WatchCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Ask the pages of deployed customers again and again, and say what changes.",
    discussion: """
      Examples:
        kiln watch acme globex --stage production
        kiln watch --stage production --once        for cron and CI: exit 1 in trouble

      Asks `health` and `checks` over the Services. Trouble is two failures in a row;
      kiln.yaml's `notify` is told when it begins and when it ends.
      """)

  @Option(help: "The stage; needed where the specs have stages.") var stage: String?
  @Option(help: ArgumentHelp("Seconds between two rounds.", valueName: "seconds")) var interval = 30
  @Option(
    name: .customLong("for"), help: ArgumentHelp("How long it goes on, as in 90s, 10m, 1h30m.", valueName: "time"))
  var time: String?
  @Flag(help: "End after one round.") var once = false
  @OptionGroup var options: WorkspaceOptions
  @Argument(help: "Customers; all that run in a cluster when none is named.") var customers: [String] = []

  func validate() throws {
    if interval < 1 { throw ValidationError("--interval takes seconds, at least 1") }
    if once, time != nil { throw ValidationError("--once and --for exclude each other") }
    if let time, SpanText.seconds(time) == nil { throw ValidationError("--for takes a time, as in 90s, 10m, 1h30m") }
  }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: customers)
    try context.stopOnErrors(loaded)
    let names = loaded.plans.filter { $0.spec.kubernetes != nil }.map(\.customer)
    let result = try await DeployedStages(loaded, names, stage: stage, context)
      .watch(every: interval, for: once ? 0 : time.flatMap { SpanText.seconds($0) })
    if !options.quiet { context.console.error(result.text + "\n") }
    if result.exitCode != 0 { throw ExitCode(result.exitCode) }
  }
}
