import KilnDocuments
import KilnKubernetes

/// What makes a stage's objects of those that all stages have alike: objects that are new, and strategic merge patches.
struct KubernetesOverlay {
  let added: [KubernetesObject]
  let patches: [Patch]

  struct Patch {
    let id: KubernetesObject.ID
    let document: DocumentMap
    var fileName: String { "\(id.kind.lowercased())-\(id.name).yaml" }
  }

  init(from base: [KubernetesObject], to stage: [KubernetesObject]) {
    let known = Dictionary(base.map { ($0.id, $0) }) { first, _ in first }
    let wanted = Set(stage.map(\.id))
    added = stage.filter { known[$0.id] == nil }
    var patches = stage.compactMap { object in
      known[object.id].flatMap { Self.patch(from: $0, to: object) }
    }
    for object in base where !wanted.contains(object.id) {
      patches.append(Patch(id: object.id, document: Self.head(object).with("$patch", "delete")))
    }
    self.patches = patches
  }

  private static func head(_ object: KubernetesObject) -> DocumentMap {
    [
      "apiVersion": .string(object.apiVersion), "kind": .string(object.kind),
      "metadata": ["name": .string(object.name)],
    ]
  }

  private static func patch(from one: KubernetesObject, to other: KubernetesObject) -> Patch? {
    guard var difference = difference(from: one.document, to: other.document) else { return nil }
    var document = head(one)
    if case .map(let metadata)? = difference["metadata"] {
      document["metadata"] = .map(DocumentMap([("name", .string(one.name))] + metadata.pairs))
      difference["metadata"] = nil
    }
    for (key, value) in difference.pairs { document[key] = value }
    return Patch(id: one.id, document: document)
  }

  /// Lists whose members Kubernetes merges by their names; others are replaced. Source: the patchMergeKeys of its API.
  private static let merged: Set = ["containers", "initContainers", "volumes", "env"]

  /// Nil where there is none.
  private static func difference(from one: DocumentMap, to other: DocumentMap) -> DocumentMap? {
    var found: DocumentMap = [:]
    for (key, value) in other.pairs {
      guard let before = one[key] else {
        found[key] = value
        continue
      }
      if before == value { continue }
      switch (before, value) {
      case (.map(let before), .map(let after)):
        if let inner = difference(from: before, to: after) { found[key] = .map(inner) }
      case (.list(let before), .list(let after)) where merged.contains(key):
        found[key] = .list(members(from: before, to: after))
      default: found[key] = value
      }
    }
    for (key, _) in one.pairs where other[key] == nil { found[key] = .null }
    return found.isEmpty ? nil : found
  }

  private static func members(from one: [DocumentValue], to other: [DocumentValue]) -> [DocumentValue] {
    func named(_ values: [DocumentValue]) -> [(name: DocumentValue, map: DocumentMap)] {
      values.compactMap { value in
        if case .map(let map) = value, let name = map["name"] { (name, map) } else { nil }
      }
    }
    let (before, after) = (named(one), named(other))
    var members = after.compactMap { member -> DocumentValue? in
      guard let earlier = before.first(where: { $0.name == member.name }) else { return .map(member.map) }
      guard let inner = difference(from: earlier.map, to: member.map) else { return nil }
      return .map(DocumentMap([("name", member.name)] + inner.pairs))
    }
    for member in before where !after.contains(where: { $0.name == member.name }) {
      members.append(["name": member.name, "$patch": "delete"])
    }
    return members
  }
}
