import KilnDocuments
import KilnKubernetes

/// Where objects name a Secret: in volumes, projected or not, in `envFrom`, and in `env`.
enum SecretReferences {
  /// The same object with other names for Secrets.
  static func renamed(_ object: KubernetesObject, _ names: [String: String]) -> KubernetesObject {
    guard !names.isEmpty, let body = object.document["spec"] else { return object }
    return KubernetesObject(document: object.document.with("spec", renamed(body, names))) ?? object
  }

  private static let holders: Set<String> = ["secret", "secretRef", "secretKeyRef"]

  private static func renamed(_ value: DocumentValue, _ names: [String: String]) -> DocumentValue {
    switch value {
    case .list(let items): return .list(items.map { renamed($0, names) })
    case .map(let map):
      return .map(
        DocumentMap(
          map.pairs.map { key, value in
            guard holders.contains(key), case .map(var reference) = value else { return (key, renamed(value, names)) }
            for field in ["name", "secretName"] {
              if let name = reference[field]?.textValue, let other = names[name] { reference[field] = .string(other) }
            }
            return (key, .map(reference))
          }))
    default: return value
    }
  }
}
