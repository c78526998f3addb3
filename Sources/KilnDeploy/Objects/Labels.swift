import KilnDocuments
import KilnKubernetes

/// What says of an object of a cluster that it is Kiln's, and whose.
enum Labels {
  static let manager = "app.kubernetes.io/managed-by"
  static let customer = "kiln.io/customer"
  static let stage = "kiln.io/stage"
  static let release = "kiln.io/release"
  static let secret = "kiln.io/secret"

  static let own: DocumentMap = [manager: "kiln"]

  static func of(customer: String, stage: String?) -> DocumentMap {
    var labels = own
    labels[self.customer] = .string(customer)
    if let stage { labels[self.stage] = .string(stage) }
    return labels
  }

  /// Whether Kiln has made the object.
  static func areOwn(_ document: DocumentValue) -> Bool {
    document["metadata"]?["labels"]?[manager]?.textValue == "kiln"
  }
}

extension KubernetesObject {
  /// The same with more labels; those that it has stay.
  func labelled(_ labels: DocumentMap) -> KubernetesObject {
    var metadata = document["metadata"]?.members ?? [:]
    var all = metadata["labels"]?.members ?? [:]
    for (key, value) in labels.pairs where all[key] == nil { all[key] = value }
    metadata["labels"] = .map(all)
    return KubernetesObject(document: document.with("metadata", .map(metadata))) ?? self
  }

  /// The same under another name.
  func named(_ name: String) -> KubernetesObject {
    let metadata = (document["metadata"]?.members ?? [:]).with("name", .string(name))
    return KubernetesObject(document: document.with("metadata", .map(metadata))) ?? self
  }
}
