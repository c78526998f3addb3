package import KilnDocuments
import KilnPlan
package import KilnWorkspace

/// The images of the customers that were asked for.
package struct WorkspaceBuild: Sendable {
  package let loaded: LoadedWorkspace
  /// The only images, as `--image` calls them; all where none is named.
  package let names: [String]
  package let build: EnvironmentBuild

  package init(_ loaded: LoadedWorkspace, named names: [String], _ build: EnvironmentBuild) {
    self.loaded = loaded
    self.names = names
    self.build = build
  }

  package func run() async throws -> [BuiltImage] {
    try build.refuseWithoutRegistry(loaded.plans)
    var results: [BuiltImage] = []
    for plan in loaded.plans {
      let images = try loaded.images(of: plan, named: names)
      // An application that is to be built needs its runtime.
      let runtimes = names.isEmpty || names.contains(EnvironmentPlan.runtimeName) ? [] : images.filter(\.isRuntime)
      let wanted = names.isEmpty ? images : images.filter { names.contains($0.name) }
      results += try await build.build(wanted, of: plan, known: results, on: runtimes)
    }
    return results
  }

  package static func text(_ results: [BuiltImage]) -> String {
    results.map { "\($0.image) \($0.id)\($0.digest.map { " \($0)" } ?? "")\n" }.joined()
  }

  package func document(_ results: [BuiltImage]) -> DocumentValue {
    ["schemaVersion": 1, "engine": .string(build.engine.name), "images": .list(results.map(\.document))]
  }
}
