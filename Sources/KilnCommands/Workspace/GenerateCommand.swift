import ArgumentParser
import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnPlan
import KilnSpec
import KilnWorkspace
import SystemPackage

struct GenerateCommand: SynchronousCommand {
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
  @Argument(help: "Customers; all when none is named.") var customers: [String] = []

  var color: ColorChoice { options.color }

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
    try output.withErrors {
      if check || diff {
        let delta = try output.compare(customers, isDiff: diff, isForced: force, on: context.console)
        if check {
          if !delta.isEmpty || !options.quiet { context.console.error(delta.report) }
          // The report has said what differs.
          if !delta.isEmpty { throw KilnExit.difference }
        }
      }
      if !check { try output.write(customers, isForced: force, isQuiet: options.quiet, on: context.console) }
    }
    if loaded.problems.hasErrors {
      throw CommandError(
        "generate.left", "environments with errors were left as they were; the others are generated")
    }
  }
}
