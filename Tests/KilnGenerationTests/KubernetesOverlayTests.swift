import KilnDocuments
import KilnKubernetes
import KilnPlan
import KilnTesting
import Testing

@testable import KilnGeneration

/// A stage's overlay makes of the base what the stage is deployed as.
struct KubernetesOverlayTests {
  /// Strategic merge, as far as the patches use it.
  private func merged(_ base: DocumentMap, _ patch: DocumentMap) -> DocumentMap {
    var result = base
    for (key, value) in patch.pairs {
      switch (base[key], value) {
      case (_, .null): result[key] = nil
      case (.map(let before)?, .map(let after)): result[key] = .map(merged(before, after))
      case (.list(let before)?, .list(let after)) where ["containers", "initContainers", "volumes"].contains(key):
        result[key] = .list(members(before, after))
      default: result[key] = value
      }
    }
    return result
  }

  private func members(_ before: [DocumentValue], _ after: [DocumentValue]) -> [DocumentValue] {
    func map(_ value: DocumentValue) -> DocumentMap { if case .map(let map) = value { map } else { [:] } }
    var members = before.map(map)
    for patch in after.map(map) {
      let index = members.firstIndex { $0["name"] == patch["name"] }
      if patch["$patch"] == "delete" {
        index.map { _ = members.remove(at: $0) }
      } else if let index {
        members[index] = merged(members[index], patch)
      } else {
        members.append(patch)
      }
    }
    return members.map { .map($0) }
  }

  /// Keys sorted: a map has no order.
  private func canonical(_ value: DocumentValue) -> DocumentValue {
    switch value {
    case .map(let map): .map(DocumentMap(map.sortedByKey.pairs.map { ($0.0, canonical($0.1)) }))
    case .list(let items): .list(items.map(canonical))
    default: value
    }
  }

  @Test(arguments: ["kubernetes", "kubernetes-restricted"]) func givesWhatIsDeployed(_ name: String) throws {
    let golden = try #require(Golden.all(in: LoweringTests.folder).first { $0.description == name })
    let plan = try #require(golden.workspace.plans.first)
    let base = KubernetesLowering(plan, nil).objects
    for deployment in plan.deployments {
      let staged = try deployment.stage.map { try #require(plan.at(stage: $0)) } ?? plan
      let wanted = KubernetesLowering(staged, deployment).objects.map { object in
        var object = object
        object.removeNamespace()
        return object
      }
      let overlay = KubernetesOverlay(from: base, to: wanted)
      var given = Dictionary(uniqueKeysWithValues: base.map { ($0.id, $0.document) })
      for patch in overlay.patches {
        let before = try #require(given[patch.id])
        given[patch.id] = patch.document["$patch"] == "delete" ? nil : merged(before, patch.document)
      }
      for object in overlay.added { given[object.id] = object.document }
      #expect(Set(given.keys) == Set(wanted.map(\.id)))
      for object in wanted {
        #expect(given[object.id].map { canonical(.map($0)) } == canonical(.map(object.document)), "\(object.id)")
      }
    }
  }
}
