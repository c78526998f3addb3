package import KilnConsole
package import KilnContext
package import KilnDocuments
import KilnGeneration
import KilnPlan
package import KilnProcesses
import KilnSpec
package import KilnWorkspace
package import SystemPackage

/// What `kiln pack` makes of a workspace's contexts, and says of it.
package struct WorkspacePacking {
  let loaded: LoadedWorkspace
  /// The only images wanted; all where none is named.
  let names: [String]
  let isQuiet: Bool
  let workers: Workers
  let context: CommandContext

  package struct Result {
    package let document: DocumentValue
    package let text: String
  }

  package init(
    _ loaded: LoadedWorkspace, _ names: [String], isQuiet: Bool, workers: Workers, _ context: CommandContext
  ) {
    self.loaded = loaded
    self.names = names
    self.isQuiet = isQuiet
    self.workers = workers
    self.context = context
  }

  /// Archives, and an index of each customer's.
  /// - Parameter output: The folder; nil for the workspace's `dist`.
  package func archives(in output: FilePath?, _ compression: Compression) throws -> Result {
    let dist = output ?? WorkspaceLayout(loaded.workspace.root).dist
    var jobs: [(customer: String, image: EnvironmentImage)] = []
    for plan in loaded.plans {
      let images = try loaded.images(of: plan, named: names)
      jobs += images.filter { names.isEmpty || names.contains($0.name) }.map { (plan.customer, $0) }
    }
    let packing = try EnvironmentPacking(
      dist: dist, below: output == nil ? loaded.workspace.root : nil, compression: compression,
      time: context.sourceDate(), workers: workers)
    let outcomes = try packing.run(jobs.map(\.image), context, isQuiet: isQuiet)
    let results = zip(jobs, outcomes).map { (customer: $0.customer, image: $0.image, archive: $1) }
    for customer in loaded.plans.map(\.customer) {
      try packing.writeIndex(of: customer, results.filter { $0.customer == customer }.map { ($0.image, $0.archive) })
    }
    return Result(
      document: Self.document(
        results.map { .map($0.archive.document($0.image, from: dist).with("customer", .string($0.customer))) }),
      text: results.map { "\($0.archive.path) sha256:\($0.archive.digest)\n" }.joined())
  }

  /// Folders that `docker buildx bake` reads.
  package func folders() throws -> Result {
    let staged = try EnvironmentStaging(loaded, workers: workers).run(named: names)
    for one in staged where one.image.app != nil {
      context.console.report(one.context.warnings, sources: one.image.sources)
    }
    return Result(
      document: Self.document(
        staged.map { one in
          [
            "customer": .string(one.plan.customer), "image": .string(one.image.name),
            "folder": .string(one.image.archive), "digest": .string("sha256:\(one.context.digest)"),
            "files": .integer(one.context.files), "written": .integer(one.context.written),
            "removed": .integer(one.context.removed),
          ]
        }),
      text: staged.map { "\(BakeLowering.contexts)/\($0.image.archive) sha256:\($0.context.digest)\n" }.joined())
  }

  /// What to run then.
  package static let next = "next, here: docker buildx bake -f dist/\(BakeLowering.fileName) [GROUP…]\n"

  private static func document(_ contexts: [DocumentValue]) -> DocumentValue {
    ["schemaVersion": 1, "contexts": .list(contexts)]
  }
}
