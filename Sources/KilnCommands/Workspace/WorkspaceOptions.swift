public import ArgumentParser
import KilnConsole
public import KilnDiagnostics
import KilnProcesses
import KilnSpec
import KilnWorkspace

/// Flags that every workspace command takes.
struct WorkspaceOptions: ParsableArguments {
  @Option(
    name: [.short, .customLong("workspace")],
    help: ArgumentHelp("The workspace's folder; else kiln.yaml is looked for upward.", valueName: "dir"))
  var workspace: String?

  @Option(help: "Colours: auto, always or never.")
  var color: ColorChoice = .auto

  @Option(name: .shortAndLong, help: ArgumentHelp("Threads; else one for each processor.", valueName: "number"))
  var jobs: Int?

  var workers: Workers { Workers(count: jobs) }

  @Flag(name: .shortAndLong, help: "Say nothing but problems.")
  var quiet = false

  /// Stops where both nothing and everything is asked for.
  func refuse(verbose: Bool) throws {
    if quiet, verbose { throw ValidationError("--quiet and --verbose exclude each other") }
  }
}

extension ColorChoice: ExpressibleByArgument {}
extension DiagnosticRenderer.Format: ExpressibleByArgument {}

extension CommandContext {
  /// Reads the workspace and resolves the environments of `customers`, or all.
  func load(
    _ options: WorkspaceOptions, customers: [String], refreshes: ImageRefreshes? = nil
  ) throws -> LoadedWorkspace {
    try load(
      workspace: options.workspace, customers: customers, workers: options.workers, refreshes: refreshes)
  }
}
