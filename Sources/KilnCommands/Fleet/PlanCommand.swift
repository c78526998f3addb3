public import ArgumentParser
import KilnConsole
public import KilnFleet
import KilnPlan
import KilnWorkspace

extension PlanFormat: ExpressibleByArgument {}

struct PlanCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Print the resolved specs, the runtimes of the fleet, or what a change costs.",
    discussion: """
      Examples:
        kiln plan acme                 each value with its file and line
        kiln plan --format json        for programs; keys sorted, schemaVersion 1
        kiln plan --fleet              runtimes, which customers use each, and
                                       those that are nearly the same
        kiln plan --fleet --format html > fleet.html
        kiln plan --since main         the images that would be built since then
        kiln plan --since main... --format markdown
                                       what this branch changes, for a pull request
        kiln plan --since HEAD~1 --format github-matrix --kind app,service

      Formats: text, json, and customers, whose names alone are printed, with --since
      of those that the change concerns; with --fleet dot, svg and html; with --since
      markdown, github-matrix, azure-matrix and gitlab. --since takes a commit,
      NAME... for where HEAD went off from NAME, or the folder of another workspace.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Flag(help: "The runtimes of the fleet.") var fleet = false
  @Option(help: ArgumentHelp("What would be built since then.", valueName: "commit or folder")) var since: String?
  @Option(
    help: ArgumentHelp(
      "With --since, only these images: runtime, app, service, machine; separated by commas.", valueName: "kinds"))
  var kind: String?
  @Option(help: "text, json, and others that the examples name.") var format: PlanFormat = .text
  @Argument(help: "Customers; all when none is named.") var customers: [String] = []

  private var kinds: [FleetChange.Kind]? { FleetChange.Kind.list(kind) }

  func validate() throws {
    if fleet, since != nil { throw ValidationError("--fleet and --since are two questions: ask one") }
    if since?.isEmpty == true {
      throw ValidationError("--since takes a commit, or the folder of another workspace, as in ../before")
    }
    if kind != nil, since == nil { throw ValidationError("--kind goes with --since") }
    if kinds == nil { throw ValidationError("--kind takes runtime, app, service, machine, separated by commas") }
    let formats = fleet ? PlanFormat.fleet : since == nil ? PlanFormat.plan : PlanFormat.since
    guard formats.contains(format) else {
      let question = fleet ? "--fleet" : since == nil ? "a plan" : "--since"
      throw ValidationError(
        "\(question) has no format \(format.rawValue), but \(formats.map(\.rawValue).joined(separator: ", "))")
    }
  }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: customers)
    try context.stopOnErrors(loaded)
    if fleet {
      if format == .json { return context.console.output(json: FleetOverview(loaded.plans).document) }
      return context.console.output(FleetOverview.text(of: loaded.plans, as: format))
    }
    if let since {
      let change = try await EarlierWorkspace.change(
        since: since, for: loaded, customers: Set(customers), options.workers, context)
      let shown = change.only(kinds ?? [])
      if format == .json { return context.console.output(json: shown.document) }
      return context.console.output(shown.text(as: format))
    }
    if format == .json { return context.console.output(json: PlanDocument.document(of: loaded.plans)) }
    context.console.output(PlanDocument.text(of: loaded.plans, as: format))
  }
}
