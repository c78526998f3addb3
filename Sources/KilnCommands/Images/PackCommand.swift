import ArgumentParser
import KilnArtifacts
import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnWorkspace
import Synchronization
import SystemPackage

struct PackCommand: SynchronousCommand {
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

  var color: ColorChoice { options.color }

  func run(in context: CommandContext) throws {
    let loaded = try context.load(options, customers: customers)
    try context.stopOnErrors(loaded)
    if folders { return try stage(loaded, context) }
    let dist = output.map { context.folder.pushing(FilePath($0)) } ?? WorkspaceLayout(loaded.workspace.root).dist
    var jobs: [(customer: String, image: EnvironmentImage)] = []
    for plan in loaded.plans {
      let images = try loaded.images(of: plan, named: image)
      jobs += images.filter { image.isEmpty || image.contains($0.name) }.map { (plan.customer, $0) }
    }
    let packing = try EnvironmentPacking(
      dist: dist, below: output == nil ? loaded.workspace.root : nil, compression: compression,
      time: context.sourceDate(), workers: options.workers)
    let outcomes = try packing.run(jobs.map(\.image), context, isQuiet: options.quiet)
    var results: [(customer: String, image: EnvironmentImage, archive: PackedArchive)] = []
    for (job, outcome) in zip(jobs, outcomes) { results.append((job.customer, job.image, outcome)) }
    for customer in loaded.plans.map(\.customer) {
      try packing.writeIndex(of: customer, results.filter { $0.customer == customer }.map { ($0.image, $0.archive) })
    }
    if format == .json {
      let contexts = results.map { result -> DocumentValue in
        .map(result.archive.document(result.image, from: dist).with("customer", .string(result.customer)))
      }
      context.console.output(json: ["schemaVersion": 1, "contexts": .list(contexts)])
    } else {
      for result in results {
        context.console.output("\(result.archive.path) sha256:\(result.archive.digest)\n")
      }
    }
  }

  private func stage(_ loaded: LoadedWorkspace, _ context: CommandContext) throws {
    let staged = try EnvironmentStaging(loaded, workers: options.workers).run(named: image)
    for one in staged where one.image.app != nil {
      context.console.report(one.context.warnings, sources: one.image.sources)
    }
    if format == .json {
      let documents = staged.map { one -> DocumentValue in
        [
          "customer": .string(one.plan.customer), "image": .string(one.image.name),
          "folder": .string(one.image.archive), "digest": .string("sha256:\(one.context.digest)"),
          "files": .integer(one.context.files), "written": .integer(one.context.written),
          "removed": .integer(one.context.removed),
        ]
      }
      context.console.output(json: ["schemaVersion": 1, "contexts": .list(documents)])
    } else {
      for one in staged {
        context.console.output("\(BakeLowering.contexts)/\(one.image.archive) sha256:\(one.context.digest)\n")
      }
    }
    if !options.quiet {
      context.console.error("next, here: docker buildx bake -f dist/\(BakeLowering.fileName) [GROUP…]\n")
    }
  }
}
