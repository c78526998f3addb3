import KilnDocuments
import KilnKubernetes

/// What a namespace has, of the kinds that were asked for.
struct LiveObjects: Sendable {
  private var documents: [KubernetesObject.ID: DocumentValue] = [:]

  init(_ documents: [DocumentValue] = []) { add(documents) }

  mutating func add(_ more: [DocumentValue]) {
    for document in more {
      if let object = KubernetesObject(document: document.members) { documents[object.id] = document }
    }
  }

  subscript(id: KubernetesObject.ID) -> DocumentValue? { documents[id] }

  var ids: [KubernetesObject.ID] { documents.keys.sorted() }

  func all(_ kind: String) -> [DocumentValue] { ids.filter { $0.kind == kind }.compactMap { documents[$0] } }

  /// A kind in a version, as kubectl takes it: `Deployment.v1.apps`, `ConfigMap`.
  static func kind(_ object: KubernetesObject) -> String { kind(object.apiVersion, object.kind) }

  static func kind(_ apiVersion: String, _ kind: String) -> String {
    let parts = apiVersion.split(separator: "/")
    return parts.count == 2 ? "\(kind).\(parts[1]).\(parts[0])" : kind
  }
}

extension KubernetesObject.ID {
  /// As kubectl takes it: `deployment.apps/care`.
  var argument: String { "\(kind.lowercased())\(group.isEmpty ? "" : ".\(group)")/\(name)" }
}
