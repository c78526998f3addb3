import ArgumentParser
import KilnConsole
import KilnDiagnostics
import KilnSpec
import KilnWorkspace
import SystemPackage

struct GenerateCommand: SynchronousCommand, WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Write Dockerfiles, Packer templates, playbooks and goss files from the specs.",
    discussion: """
      Examples:
        kiln generate                  everything, where it differs
        kiln generate acme             one customer and the runtime it uses
        kiln generate --check          write nothing; report what would change
        kiln generate --diff --check   the same, with the differences

      Files edited by hand since Kiln wrote them are kept: --force overwrites them.
      So are those of a customer whose spec was renamed or moved: --force removes.
      Exit 0: done; 1: the specs have errors, or files edited by hand are in the
      way; 2: --check found differences.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write; else kiln.yaml's `output`.", valueName: "dir"))
  var output: String?
  @Flag(help: "Write nothing; exit 2 when anything would change.") var check = false
  @Flag(help: "Print the differences to standard output; with --check, nothing is written.") var diff = false
  @Flag(help: "Overwrite files that were edited by hand; remove what a moved spec leaves.") var force = false
  @Flag(help: "Generate the environments without errors; those with errors stay as they were, exit 1.")
  var keepGoing = false
  @Option(help: "With --check: text, json, or annotations for github or azure-pipelines.")
  var format: DiagnosticRenderer.Format = .text
  @Argument(help: "Customers; all when none is named.") var customers: [String] = []
  var errorReport: ErrorReport { .init(format: format, isResult: format != .text) }

  func validate() throws {
    if format != .text, !check { throw ValidationError("--format goes with --check") }
  }

  func run(in context: CommandContext) throws {
    var loaded = try context.load(options, customers: customers)
    if keepGoing, !loaded.concernsEveryCustomer {
      context.console.report(loaded.problems, sources: loaded.workspace.excerpts)
      loaded = loaded.withoutErrors
    } else {
      try context.stopOnErrors(loaded)
    }
    if let folder = output, let conflict = loaded.workspace.outputConflict(context.folder.pushing(FilePath(folder))) {
      throw CommandError(
        "generate.output", "--output \(folder) \(conflict)", help: "name a folder that holds nothing else")
    }
    let output = GeneratedOutput(
      loaded: loaded, folder: output.map { context.folder.pushing(FilePath($0)) }, workers: options.workers)
    var run = GenerateRun(output, customers: customers, isForced: force, isQuiet: options.quiet, context)
    run.format = format
    run.looksAtPipelines = customers.isEmpty && self.output == nil && loaded.isFleetWhole
    var isDifferent = false
    try output.withErrors {
      if check || diff { isDifferent = try run.compare(showing: diff, reporting: check) }
      if !check { try run.write() }
    }
    if isDifferent { throw KilnExit.difference }
    if loaded.problems.hasErrors {
      throw CommandError(
        "generate.left", "environments with errors were left as they were; the others are generated")
    }
  }
}
