import KilnPlan
import KilnSpec
import SystemPackage

/// Which changes of a repository a workspace's pipeline is for.
struct PipelinePaths {
  let prefix: String

  /// Folders from the repository's top; empty where all of it counts, as for a workspace at the top.
  func folders(of fleet: [EnvironmentPlan]) -> [String] {
    if prefix.isEmpty { return [] }
    let folder = String(prefix.dropLast())
    var paths: Set<String> = [folder]
    for app in fleet.flatMap(\.apps) {
      for source in [app.spec.source] + app.spec.overlays {
        let path = FilePath(prefix + source.value.string).lexicallyNormalized()
        // What is outside of the repository is in none of its commits.
        guard !path.isAbsolute, path.components.first?.kind == .regular else { continue }
        if path.string != folder, !path.string.hasPrefix(prefix) { paths.insert(path.string) }
      }
    }
    return paths.sorted()
  }

  /// What changes of a customer are in, and those of all, from the repository's top.
  func paths(of plan: EnvironmentPlan) -> (files: [String], folders: [String]) {
    let sources = plan.apps.flatMap { [$0.spec.source] + $0.spec.overlays }.map { FilePath(prefix + $0.value.string) }
    let own = sources.map { $0.lexicallyNormalized() }.filter {
      !$0.isAbsolute && $0.components.first?.kind == .regular
    }
    let shared = ["profiles", "components", "generated/\(plan.customer)"].map { prefix + $0 }
    return (
      ["kiln.lock", "kiln.yaml", plan.spec.file].map { prefix + $0 }, Set(own.map(\.string) + shared).sorted()
    )
  }
}
