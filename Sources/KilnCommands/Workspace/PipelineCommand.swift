public import ArgumentParser
import KilnConsole
public import KilnGeneration
import KilnWorkspace
import SystemPackage

extension PipelineSystem: ExpressibleByArgument {}

struct PipelineCommand: SynchronousCommand, WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "pipeline", abstract: "Write the CI definition that checks, builds and deploys the workspace.",
    discussion: """
      Examples:
        kiln pipeline github             .github/workflows/kiln.yml
        kiln pipeline gitlab --check     write nothing; exit 2 where it differs
        kiln pipeline jenkins --stdout   print it

      It is written where the system looks for it in the Git repository. A file that
      was edited by hand is kept: --force overwrites it. `pipeline` in kiln.yaml has
      the settings; `kiln generate --check` says when it is stale.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Flag(help: "Write nothing; exit 2 where it would change.") var check = false
  @Flag(help: "Print the differences to standard output; with --check, nothing is written.") var diff = false
  @Flag(help: "Overwrite a file that was edited by hand.") var force = false
  @Flag(help: "Print it, and write nothing.") var stdout = false
  @Option(name: .shortAndLong, help: ArgumentHelp("Write it there instead.", valueName: "file")) var output: String?
  @Argument(help: "azure-pipelines, github, gitlab or jenkins.") var system: PipelineSystem

  func validate() throws {
    if stdout, check || diff || output != nil {
      throw ValidationError("--stdout prints the definition: leave out --check, --diff and --output")
    }
  }

  func run(in context: CommandContext) throws {
    let loaded = try context.load(options, customers: [])
    try context.stopOnErrors(loaded)
    let file = PipelineFile(loaded, for: system, at: output.map { context.folder.pushing(FilePath($0)) })
    if stdout { return context.console.raw(.output, file.bytes) }
    let writing = PipelineWriting(
      file, isChecking: check, isShowing: diff, isForced: force, isQuiet: options.quiet)
    if try writing.run(in: context) { throw KilnExit.difference }
  }
}
