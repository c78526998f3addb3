import KilnArtifacts
import KilnDiagnostics
import KilnDocuments
import KilnKubernetes

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Tells records of Kiln's from those that somebody else has written, or changed.
///
/// What a record says is deployed again by a rollback, with the deployer's rights, and its images go on to other stages.
/// Whoever may write ConfigMaps in a namespace may not do all that. So a record carries an HMAC with a key that is in a
/// Secret of the namespace, which fewer may read.
struct ReleaseSeal: Sendable {
  static let secret = "kiln-release-key"
  static let annotation = "kiln.io/seal"
  private static let entry = "key"

  private let key: String

  /// - Parameter secret: As the cluster answers; nil for none, or one that holds no key.
  init?(_ secret: DocumentValue?) {
    guard let key = secret?["data"]?[Self.entry]?.textValue, key.utf8.count >= 44 else { return nil }
    self.key = key
  }

  /// Among a namespace's objects.
  init?(among documents: [DocumentValue]) {
    self.init(
      documents.first { $0["kind"]?.textValue == "Secret" && $0["metadata"]?["name"]?.textValue == Self.secret })
  }

  /// Over all that a record's ConfigMap holds, and where it is.
  func text(of data: DocumentValue, _ name: String, namespace: String) -> String {
    KeyedDigest.hex(of: Array("\(namespace)/\(name)\n\(data.canonicalText)".utf8), key: key)
  }

  func isOn(_ configMap: DocumentValue, namespace: String) -> Bool {
    guard let name = configMap["metadata"]?["name"]?.textValue, let data = configMap["data"] else { return false }
    return configMap["metadata"]?["annotations"]?[Self.annotation]?.textValue
      == text(of: data, name, namespace: namespace)
  }

  /// The namespace's, made where it has none.
  /// - Throws: `deploy.record-key` where there is a Secret of the name that holds no key.
  static func ensure(_ kubectl: Kubectl, labels: DocumentMap) async throws -> ReleaseSeal {
    var random = SystemRandomNumberGenerator()
    let bytes = (0..<4).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    let labels = labels.with(Labels.release, "key")
    let secret = KubernetesObject(
      "v1", "Secret", Self.secret, namespace: kubectl.namespace, metadata: ["labels": .map(labels)],
      [
        "immutable": true, "type": "Opaque",
        "data": [Self.entry: .string(Data(bytes).base64EncodedString())],
      ])
    let text = JSONRenderer(indent: 0).render(.map(secret.document))
    do {
      try await kubectl.output(
        "make the key of the release records", ["create", "--filename", "-", "--output", "name"], input: text)
    } catch let failure as KubectlFailure where failure.cause == .exists {}
    let found = try await kubectl.object("read the key of the release records", "secret/\(Self.secret)")
    if let seal = ReleaseSeal(found) { return seal }
    throw CommandError(
      "deploy.record-key", "the Secret \(secret) of namespace \(kubectl.namespace) holds no key",
      help: "delete it and deploy again: Kiln makes a new one, and does not use records of releases before it")
  }
}
