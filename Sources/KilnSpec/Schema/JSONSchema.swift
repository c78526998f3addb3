public import KilnDocuments

/// JSON Schema (2020-12) from shapes: what `kiln schema` prints and editors use.
public struct JSONSchema: Sendable {
  public init() {}

  /// The files a schema can describe.
  public enum Subject: String, Sendable, CaseIterable { case environment, profile, workspace, component, service, base }

  public func document(_ subject: Subject) -> DocumentValue {
    let shape: Shape =
      switch subject {
      case .environment, .profile: .environment
      case .workspace: .workspace
      case .component: .component
      case .service: .service
      case .base: .base
      }
    // A profile and what stands beneath one give the rest, so only what an environment alone must say is required.
    let isPartial = subject == .environment || subject == .profile
    var root: DocumentMap = [
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "$id": .string("https://kiln.invalid/schema/\(subject.rawValue).json"),
      "title": .string("Kiln \(subject.rawValue)"),
    ]
    if case .map(let map) = schema(shape, isPartial: isPartial) {
      for (key, value) in map.pairs { root[key] = value }
    }
    if subject == .environment { root["required"] = ["version", "customer"] }
    if subject == .profile, case .map(var properties)? = root["properties"] {
      properties["customer"] = nil
      root["properties"] = .map(properties)
    }
    return .map(root)
  }

  private func schema(_ shape: Shape, isPartial: Bool) -> DocumentValue {
    let plain = value(shape, isPartial: isPartial)
    // Null removes what a profile sets.
    return isPartial ? nullable(plain) : plain
  }

  private func nullable(_ value: DocumentValue) -> DocumentValue {
    guard case .map(var map) = value, case .string(let type)? = map["type"] else { return value }
    map["type"] = [.string(type), "null"]
    if case .list(let allowed)? = map["enum"] { map["enum"] = .list(allowed + [.null]) }
    return .map(map)
  }

  private func value(_ shape: Shape, isPartial: Bool) -> DocumentValue {
    switch shape {
    case .text(let rule): return .map(text(rule))
    case .version: return ["type": "string"]
    case .integer(let range):
      var map: DocumentMap = ["type": "integer"]
      if range.lowerBound > Int.min { map["minimum"] = .integer(range.lowerBound) }
      if range.upperBound < Int.max { map["maximum"] = .integer(range.upperBound) }
      return .map(map)
    case .number(let range):
      return ["type": "number", "minimum": .decimal(range.lowerBound), "maximum": .decimal(range.upperBound)]
    case .boolean: return ["type": "boolean"]
    case .scalar: return ["type": ["string", "number", "boolean"]]
    case .list(let item, let minimum):
      var map: DocumentMap = ["type": "array", "items": value(item, isPartial: false)]
      if minimum > 0 { map["minItems"] = .integer(minimum) }
      return .map(map)
    case .map(let keys, let values):
      var names = text(keys)
      names["type"] = nil
      var map: DocumentMap = ["type": "object", "additionalProperties": schema(values, isPartial: isPartial)]
      if !names.isEmpty { map["propertyNames"] = .map(names) }
      return .map(map)
    case .object(let object), .choice(let object): return .map(self.object(object, isPartial: isPartial))
    case .either(let first, let second):
      return ["anyOf": [value(first, isPartial: false), value(second, isPartial: isPartial)]]
    case .anything: return [:]
    }
  }

  private func text(_ rule: TextRule) -> DocumentMap {
    var map: DocumentMap = ["type": "string"]
    if !rule.allowed.isEmpty { map["enum"] = .strings(rule.allowed) }
    if let pattern = rule.pattern { map["pattern"] = .string("^(?:\(pattern))$") }
    if rule.lengths.lowerBound > 0 { map["minLength"] = .integer(rule.lengths.lowerBound) }
    if rule.lengths.upperBound < 1_000_000 { map["maxLength"] = .integer(rule.lengths.upperBound) }
    return map
  }

  /// Two alternatives with values; one may be null, to remove what a profile chose.
  private func notBoth(_ first: String, _ second: String) -> DocumentValue {
    let isSet: DocumentValue = ["not": ["type": "null"]]
    return [
      "not": [
        "required": .strings([first, second]), "properties": .map(DocumentMap([(first, isSet), (second, isSet)])),
      ]
    ]
  }

  private func object(_ object: ObjectShape, isPartial: Bool) -> DocumentMap {
    let properties = object.keys.map { key -> (String, DocumentValue) in
      guard case .map(var map) = schema(key.shape, isPartial: isPartial) else { return (key.name, true) }
      map["description"] = .string(key.summary)
      return (key.name, .map(map))
    }
    var map: DocumentMap = [
      "type": "object", "properties": .map(DocumentMap(properties)), "additionalProperties": false,
    ]
    if isPartial {
      let pairs = object.alternatives.indices.flatMap { first in
        object.alternatives[(first + 1)...].map { (object.alternatives[first], $0) }
      }
      if !pairs.isEmpty { map["allOf"] = .list(pairs.map { notBoth($0, $1) }) }
      return map
    }
    let required = object.keys.filter(\.isRequired).map(\.name)
    if !required.isEmpty { map["required"] = .strings(required) }
    if !object.alternatives.isEmpty {
      map["oneOf"] = .list(object.alternatives.map { ["required": [.string($0)]] })
    }
    return map
  }
}
