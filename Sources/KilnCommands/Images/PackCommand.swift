import ArgumentParser
import Foundation
import KilnArtifacts
import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnGeneration
import KilnPlan
import KilnSpec
import Synchronization
import SystemPackage

struct PackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack", abstract: "Pack the build contexts of environments into dist/.",
    discussion: """
      Examples:
        kiln pack acme                        dist/acme/app.tar and the contexts of its other images
        kiln pack acme --image app            the application alone
        docker build - < dist/acme/app.tar    what was packed is a whole context

      dist/CUSTOMER/index.json has the digests. A context is not packed again when no file of it changed, which is told
      by the files' sizes, inodes and times of change, and only when the last change is older than two seconds.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: ArgumentHelp("Only this image: runtime, app or a service's name; may be repeated.", valueName: "name"))
  var image: [String] = []
  @Option(name: .shortAndLong, help: ArgumentHelp("Where archives go; else dist in the workspace.", valueName: "dir"))
  var output: String?
  @Option(help: "none, gzip or zstd.") var compression: Compression = .none
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Argument(help: "Customers.") var customers: [String]

  func run() async throws { try run(in: .current(color: options.color)) }

  func run(in context: CommandContext) throws {
    let loaded = try context.load(options, customers: customers)
    try context.stopOnErrors(loaded)
    let tree = try Generator(name: KilnCommand.generator).generate(loaded.plans)
    let dist = output.map { context.folder.pushing(FilePath($0)) } ?? loaded.workspace.root.appending("dist")
    var jobs: [(customer: String, image: EnvironmentImage)] = []
    for plan in loaded.plans {
      let images = try context.images(of: plan, loaded, tree, named: image)
      jobs += images.filter { image.isEmpty || image.contains($0.name) }.map { (plan.customer, $0) }
    }
    let packing = try EnvironmentPacking(dist: dist, compression: compression, time: context.sourceDate())
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
      context.console.output(
        JSONRenderer(sortedKeys: true).render(["schemaVersion": 1, "contexts": .list(contexts)]))
    } else {
      for result in results {
        context.console.output("\(result.archive.path) sha256:\(result.archive.digest)\n")
      }
    }
  }
}

extension CommandContext {
  /// - Parameter names: Images that must be among them.
  func images(
    of plan: EnvironmentPlan, _ loaded: LoadedWorkspace, _ tree: ArtifactTree, named names: [String] = []
  ) throws -> [EnvironmentImage] {
    do {
      let images = try loaded.images(of: plan, in: tree)
      for name in names where !images.contains(where: { $0.name == name }) {
        console.error(
          "error: \(plan.customer) has no image \"\(name)\"\n  = help: there are: \(images.map(\.name).joined(separator: ", "))\n"
        )
        throw KilnExit.problems
      }
      return images
    } catch let error as ContextFolderError {
      report(error.problems, sources: [error.file: String(decoding: error.text, as: UTF8.self)])
      throw KilnExit.problems
    }
  }
}
