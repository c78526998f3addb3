package import KilnDocuments

/// An image that is there now.
package struct BuiltImage: Sendable {
  package enum Action: String, Sendable { case built, kept }

  package let customer: String
  package let name: String
  /// With its digest tag.
  package let image: String
  package let id: String
  /// The registry's digest, when it was pushed.
  package let digest: String?
  package let action: Action
  package let reason: String

  package var document: DocumentValue {
    [
      "customer": .string(customer), "name": .string(name), "image": .string(image), "id": .string(id),
      "digest": digest.map { .string($0) } ?? .null, "action": .string(action.rawValue), "reason": .string(reason),
    ]
  }
}
