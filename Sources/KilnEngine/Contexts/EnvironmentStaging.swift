import KilnArtifacts
import KilnConsole
package import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnGeneration
package import KilnPlan
package import KilnProcesses
import KilnSpec
package import KilnWorkspace
import SystemPackage

/// Makes a folder of each image's context, and writes the graph that `docker buildx bake` builds of them.
package struct EnvironmentStaging: Sendable {
  package struct Staged: Sendable {
    package let plan: EnvironmentPlan
    package let image: EnvironmentImage
    package let context: StagedContext
  }

  package let loaded: LoadedWorkspace
  package let workers: Workers

  package init(_ loaded: LoadedWorkspace, workers: Workers) {
    self.loaded = loaded
    self.workers = workers
  }

  /// - Parameter names: The only images wanted; all where none is named.
  package func run(named names: [String]) throws -> [Staged] {
    let root = loaded.workspace.root
    let contexts = WorkspaceLayout(root).contexts
    let wanted = Set(names)
    // A runtime is one folder, whoever stands on it.
    var runtimes: Set<String> = []
    let jobs = loaded.plans.map { plan in
      (plan, Set(plan.runtimes.map(\.id).filter { runtimes.insert($0).inserted }))
    }
    let staged = try workers.map(jobs) { plan, own -> [Staged] in
      let images = try loaded.images(of: plan, named: names)
      return try images.compactMap { one in
        if case .runtime(let id) = one.kind, wanted.isEmpty, !own.contains(id) { return nil }
        guard wanted.isEmpty || wanted.contains(one.name) else { return nil }
        let result = try withExcerpts(one.sources) {
          try ContextStage(contexts.pushing(FilePath(one.archive)), below: root).update(one.source, isHandedOut: true)
        }
        return Staged(plan: plan, image: one, context: result)
      }
    }.flatMap { $0 }
    let targets = staged.map { one -> BakeLowering.Staged in
      let folder = FilePath(root: nil, one.context.folder.components.dropFirst(root.components.count))
      var target = BakeLowering.target(one.plan.customer, one.image.name)
      if case .runtime(let id) = one.image.kind { target = BakeLowering.runtime(id) }
      return .init(
        target: target, context: folder.string, image: one.image.app == nil ? nil : one.image.reference(one.context))
    }
    let file = contexts.removingLastComponent().appending(BakeLowering.fileName)
    let graph = BakeLowering(loaded.fleet, loaded.workspace.build).render(targets)
    try FileReplacement.replace([.init(path: file, bytes: Array(graph.utf8))])
    return staged
  }
}
