import KilnArtifacts
package import KilnConsole
import KilnContext
import KilnDiagnostics
package import KilnDocuments
import KilnGeneration
import KilnPlan
import KilnProcesses
import KilnSpec
package import KilnWorkspace
import SystemPackage

/// What earlier builds of a workspace left, and nothing that is current needs: contexts and archives in its `dist`, and images
/// that it has put on an engine.
package struct WorkspacePrune: Sendable {
  package struct Item: Sendable {
    enum Thing: Sendable {
      case remains(ContextRemains.Item)
      case image(ImageRemains.Image)
    }

    let thing: Thing

    package var kind: String {
      switch thing {
      case .remains(let item): item.kind.rawValue
      case .image: "image"
      }
    }

    package var name: String {
      switch thing {
      case .remains(let item): item.image
      case .image(let image): image.name
      }
    }

    package var bytes: Int {
      switch thing {
      case .remains(let item): item.bytes
      case .image(let image): image.bytes
      }
    }
  }

  package let items: [Item]
  private let remains: ContextRemains
  private let images: ImageRemains?
  private let context: CommandContext

  /// Looks what there is; nothing is removed.
  /// - Parameter isAll: Whether contexts and archives of what is current go too.
  package init(_ loaded: LoadedWorkspace, isAll: Bool, _ context: CommandContext) async throws {
    // A folder that was renamed or not checked out has no specs either.
    if loaded.workspace.environmentFiles.isEmpty {
      throw CommandError(
        "prune.no-specs", "there is no spec in \(loaded.workspace.root.appending("environments"))",
        help: "bring the specs back: without them everything would be removed")
    }
    let layout = WorkspaceLayout(loaded.workspace.root)
    let known = Set(
      loaded.fleet.flatMap { plan in
        plan.allRuntimes.map { GeneratedFolder.runtime($0.id) }
          + plan.allApps.map { GeneratedFolder.app($0.name, of: plan.customer) }
          + plan.services.map { GeneratedFolder.service($0.name, of: plan.customer) }
      })
    let remains = ContextRemains(dist: layout.dist, known: known, isAll: isAll)
    let found = try remains.items()
    let current = Set(loaded.fleet.map(\.customer))
    let gone = Set(found.compactMap { $0.image.split(separator: "/").first.map(String.init) })
      .subtracting(current).subtracting([OutputUnit.runtimes])
    let moved = loaded.movedSpecs(
      Dictionary(uniqueKeysWithValues: gone.map { ($0, "environments/\($0).yaml") }), id: "prune.moved-spec")
    if !moved.isEmpty { throw CommandError(moved, kind: .problem, hints: ["nothing was removed"]) }
    self.remains = remains
    images = ImageRemains(loaded, context)
    self.context = context
    items =
      found.map { Item(thing: .remains($0)) }
      + (try await images?.images() ?? []).map { Item(thing: .image($0)) }
  }

  package func remove() async throws {
    for item in items {
      switch item.thing {
      case .remains(let item): try remains.remove(item)
      case .image(let image): try await images?.remove(image)
      }
      try Interruption.check()
    }
  }

  package var bytes: Int { items.reduce(0) { $0 + $1.bytes } }

  /// A line for each, and what they come to. Images share layers, so that they may give back less.
  package var text: String {
    let rows = items.map { "\($0.kind) \($0.name)  \(Phrase.amount($0.bytes))\n" }.joined()
    return items.isEmpty ? "" : rows + "\(Phrase.count(items.count, "item")), at most \(Phrase.amount(bytes))\n"
  }

  package func document(isRemoved: Bool) -> DocumentValue {
    [
      "schemaVersion": 1, "removed": .bool(isRemoved), "bytes": .integer(bytes),
      "items": .list(
        items.map { ["kind": .string($0.kind), "name": .string($0.name), "bytes": .integer($0.bytes)] }),
    ]
  }
}
