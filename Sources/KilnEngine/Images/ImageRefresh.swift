import KilnArtifacts
package import KilnConsole
import KilnDocuments
import KilnPlan
package import KilnSpec
package import KilnWorkspace
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `kiln build --refresh`: images whose recipes are as they were, made again from what the registries and the
/// distribution's servers have now.
///
/// Each gets a tag of its own: what was there before keeps its name. `kiln.lock` says which one is used from then on, on every
/// machine.
package struct ImageRefresh: Sendable {
  /// With the images that are made now.
  package let refreshes: ImageRefreshes
  private let customers: Set<String>
  private let mark: String

  /// Chooses a mark that no such image has yet, here or in the registry.
  ///
  /// - Parameters:
  ///   - names: The only images, as `--image` calls them; all where none is named.
  ///   - now: Nanoseconds since 1970.
  package init(
    of loaded: LoadedWorkspace, named names: [String], engine: ContainerEngine, now: Int = FileStatus.now
  ) async throws {
    let day = Self.day(now)
    var number = 1
    while true {
      let mark = number == 1 ? day : "\(day).\(number)"
      let marked = loaded.plans.reduce(loaded.workspace.refreshes) { marked, plan in
        plan.marked(marked, as: mark) { image in
          if names.isEmpty || names.contains(image.name) { return true }
          // Refreshing an app is refreshing what it stands on.
          guard case .runtime(let runtime) = image.subject else { return false }
          return plan.apps.contains { $0.runtime.id == runtime.id && names.contains($0.name) }
        }
      }
      if try await !Self.isTaken(mark, marked, loaded, engine) {
        refreshes = marked
        customers = Set(loaded.plans.map(\.customer))
        self.mark = mark
        return
      }
      number += 1
    }
  }

  /// Images of `loaded`, which was read with `refreshes`, that are made now.
  package func images(in loaded: LoadedWorkspace) -> Set<String> {
    Set(
      loaded.plans.filter { customers.contains($0.customer) }.flatMap { Self.images(of: $0, mark) }.map(\.description))
  }

  private static func images(of plan: EnvironmentPlan, _ mark: String) -> [ImageReference] {
    plan.images.filter { $0.refresh == mark }.compactMap(\.reference)
  }

  /// Another machine may have made one today, and somebody may use it.
  private static func isTaken(
    _ mark: String, _ marked: ImageRefreshes, _ loaded: LoadedWorkspace, _ engine: ContainerEngine
  ) async throws -> Bool {
    if loaded.workspace.refreshes.marks.values.contains(mark) { return true }
    var seen: Set<ImageReference> = []
    for plan in loaded.plans.map({ $0.with(marked) }) {
      for image in images(of: plan, mark) where seen.insert(image).inserted {
        if try await engine.id(of: image.description) != nil { return true }
        if plan.registry != nil, try await engine.isInRegistry(image.description) { return true }
      }
    }
    return false
  }

  /// The day in UTC, as in `20261126`.
  private static func day(_ now: Int) -> String {
    var seconds = time_t(now / 1_000_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : String(number) }
    return "\(Int(parts.tm_year) + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))"
  }

  /// Writes `kiln.lock`: from now on the new images are used.
  ///
  /// - Parameter loaded: Read with `refreshes`. Images that the fleet has no more are left out.
  package func write(_ loaded: LoadedWorkspace, _ context: CommandContext) throws {
    let kept =
      loaded.isFleetWhole ? refreshes.only(Set(loaded.fleet.flatMap(\.images).compactMap(\.lockName))) : refreshes
    let marks = kept.marks.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    let document: DocumentValue = [
      "version": 1, "refreshed": .map(DocumentMap(marks.map { ($0.key, .string($0.value)) })),
    ]
    let text = YAMLRenderer(
      header: ["Written by `kiln build --refresh`. Commit it, with what `kiln generate` writes then."],
      documentStart: false
    ).render(document)
    try FileReplacement.replace([
      .init(path: loaded.workspace.root.appending(WorkspaceLayout.lockName), bytes: Array(text.utf8))
    ])
    context.console.error(
      "note: \(WorkspaceLayout.lockName) names the refreshed images: run `kiln generate`, and commit both\n")
  }
}
