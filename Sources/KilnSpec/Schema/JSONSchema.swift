public import KilnDocuments

/// JSON Schema (2020-12) from shapes: what `kiln schema` prints and editors use.
public struct JSONSchema: Sendable {
  /// What specs can name; nil for schemas that take any name.
  let definitions: Definitions?

  /// - Parameter definitions: Those of a workspace, for a schema that knows its names, parameters and allowed values.
  public init(_ definitions: Definitions? = nil) { self.definitions = definitions }

  /// The files a schema can describe.
  public enum Subject: String, Sendable, CaseIterable {
    case environment, profile, workspace, component, service, base, hosts
  }

  public func document(_ subject: Subject) -> DocumentValue {
    let shape: Shape =
      switch subject {
      case .environment, .profile: .environment
      case .workspace: .workspace
      case .component: .component
      case .service: .service
      case .base: .base
      case .hosts: .hostGroup
      }
    // A profile and what stands beneath one give the rest, so only what an environment alone must say is required.
    let isPartial = [.environment, .profile, .hosts].contains(subject)
    var root: DocumentMap = [
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "$id": .string("https://kiln.invalid/schema/\(subject.rawValue).json"),
      "title": .string("Kiln \(subject.rawValue)"),
    ]
    let schema = ShapeSchema(definitions: definitions, isPartial: isPartial, isProfile: subject == .profile)
    if case .map(let map) = schema.value(shape) {
      for (key, value) in map.pairs { root[key] = value }
    }
    if subject == .environment { root["required"] = ["version", "customer"] }
    if subject == .hosts { root["required"] = ["version", "group", "hosts"] }
    if subject == .profile, case .map(var properties)? = root["properties"] {
      properties["customer"] = nil
      root["properties"] = .map(properties)
    }
    return .map(root)
  }
}
