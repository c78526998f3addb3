import ArgumentParser
import KilnArtifacts
import KilnConsole
import KilnContext
import KilnEngine
import KilnWorkspace
import SystemPackage

struct PackCommand: SynchronousCommand, WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack", abstract: "Pack the build contexts of environments into dist/.",
    discussion: """
      Examples:
        kiln pack acme                       dist/acme/apps/app.tar and other contexts
        kiln pack acme --image app           the application alone
        kiln pack --folders                  folders in dist/contexts, for bake
        docker build - < dist/acme/apps/app.tar   what was packed is a whole context

      dist/CUSTOMER/index.json has the digests. A context is not packed again when
      no file of it changed by size, inode and time of change, and the last change
      is older than two seconds.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: ArgumentHelp("Only this image: runtime, app or a service's name; may be repeated.", valueName: "name"))
  var image: [String] = []
  @Option(name: .shortAndLong, help: ArgumentHelp("Where archives go; else dist in the workspace.", valueName: "dir"))
  var output: String?
  @Flag(help: "Folders in dist/contexts, which docker buildx bake reads, instead of archives.") var folders = false
  @Option(help: "none, gzip or zstd.") var compression: Compression = .none
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Argument(help: "Customers; all when none is named.") var customers: [String] = []

  func run(in context: CommandContext) throws {
    let loaded = try context.load(options, customers: customers)
    try context.stopOnErrors(loaded)
    let packing = WorkspacePacking(loaded, image, isQuiet: options.quiet, workers: options.workers, context)
    let result =
      folders
      ? try packing.folders()
      : try packing.archives(in: output.map { context.folder.pushing(FilePath($0)) }, compression)
    format == .json ? context.console.output(json: result.document) : context.console.output(result.text)
    if folders, !options.quiet { context.console.error(WorkspacePacking.next) }
  }
}
