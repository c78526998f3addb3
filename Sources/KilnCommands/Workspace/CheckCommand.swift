import ArgumentParser
import KilnConsole
import KilnDiagnostics
import KilnProcesses
import KilnRelease
import KilnWorkspace

struct CheckCommand: SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Report every problem of the specs, with its place.",
    discussion: """
      Examples:
        kiln check                         all customers
        kiln check acme globex             these two, and what they share
        kiln check --format github         annotations in a GitHub workflow

      Exit 0: no errors (there may be warnings); 1: errors.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: "text, json, github or azure-pipelines.") var format: DiagnosticRenderer.Format = .text
  @Argument(help: "Customers; all when none is named.") var customers: [String] = []

  var errorReport: ErrorReport { .init(format: format, isResult: true) }

  func run(in context: CommandContext) throws {
    let loaded = try context.load(options, customers: customers)
    // Nothing comes after it: to free a fleet's specs one by one would take as long as to plan some of them.
    keepUntilExit(loaded)
    try report(loaded, in: context)
  }

  /// Says what is wrong with a workspace, in the format that was asked for.
  func report(_ loaded: LoadedWorkspace, in context: CommandContext) throws {
    let check = try WorkspaceCheck(loaded, options.workers, in: context)
    check.show(of: loaded, format, isQuiet: options.quiet, on: context.console)
    if check.problems.hasErrors { throw KilnExit.problems }
  }
}
