public import KilnDocuments

/// One object of Kubernetes' as it is applied: the whole document, in the order in which people write it.
public struct KubernetesObject: Sendable, Hashable {
  /// Which object of a cluster it is.
  public struct ID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// As in `apps`; empty for the core group.
    public let group: String
    /// As in `Deployment`.
    public let kind: String
    public let name: String

    public init(group: String, kind: String, name: String) {
      self.group = group
      self.kind = kind
      self.name = name
    }

    /// As in `deployment/care`.
    public var description: String { "\(kind.lowercased())/\(name)" }

    public static func < (one: ID, other: ID) -> Bool {
      (one.kind, one.name, one.group) < (other.kind, other.name, other.group)
    }
  }

  /// As in `apps/v1`.
  public let apiVersion: String
  public let kind: String
  public let name: String
  /// Everything, `apiVersion`, `kind` and `metadata` first.
  public var document: DocumentMap

  /// - Parameters:
  ///   - metadata: What follows the name and the namespace.
  ///   - body: What follows the metadata, as `spec`.
  public init(
    _ apiVersion: String, _ kind: String, _ name: String, namespace: String?, metadata: DocumentMap = [:],
    _ body: DocumentMap
  ) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.name = name
    var own: DocumentMap = ["name": .string(name)]
    if let namespace { own["namespace"] = .string(namespace) }
    for (key, value) in metadata.pairs { own[key] = value }
    var document: DocumentMap = ["apiVersion": .string(apiVersion), "kind": .string(kind), "metadata": .map(own)]
    for (key, value) in body.pairs { document[key] = value }
    self.document = document
  }

  /// For who sets it on his own.
  public mutating func removeNamespace() {
    guard case .map(var metadata)? = document["metadata"] else { return }
    metadata["namespace"] = nil
    document["metadata"] = .map(metadata)
  }

  /// - Parameter document: As it was rendered, or as a cluster answers; nil where it lacks what every object has.
  public init?(document: DocumentMap) {
    guard case .string(let apiVersion) = document["apiVersion"], case .string(let kind) = document["kind"],
      case .map(let metadata) = document["metadata"], case .string(let name) = metadata["name"]
    else { return nil }
    self.apiVersion = apiVersion
    self.kind = kind
    self.name = name
    self.document = document
  }

  public var group: String {
    apiVersion.split(separator: "/").count == 2 ? String(apiVersion.split(separator: "/")[0]) : ""
  }
  public var id: ID { ID(group: group, kind: kind, name: name) }
}

/// What kubelet and API server replace in text.
public enum KubernetesText {
  /// `$(NAME)` in commands, arguments and values of `env` is replaced; a doubled dollar is one.
  /// Source: kubernetes.io, "Define a Command and Arguments for a Container".
  public static func literal(_ text: String) -> String { text.replacing("$", with: "$$") }
}
