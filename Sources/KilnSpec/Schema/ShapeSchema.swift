import KilnDocuments

/// The JSON Schema of a shape.
struct ShapeSchema {
  /// What specs can name; nil where any name is taken.
  let definitions: Definitions?
  /// For a file that is merged with others: it need not have every key, and may change and remove what is beneath.
  var isPartial: Bool
  /// Where `{{customer}}` may stand.
  let isProfile: Bool

  /// The same for what is never merged, as the entries of a list.
  private var whole: ShapeSchema { ShapeSchema(definitions: definitions, isPartial: false, isProfile: isProfile) }

  /// The shape's value, or null, which removes what a profile sets.
  func schema(_ shape: Shape) -> DocumentValue { isPartial ? Self.nullable(value(shape)) : value(shape) }

  static func nullable(_ value: DocumentValue) -> DocumentValue {
    guard case .map(var map) = value else { return value }
    switch map["type"] {
    case .string(let type)?: map["type"] = [.string(type), "null"]
    case .list(let types)?: map["type"] = .list(types + ["null"])
    default: return value
    }
    if case .list(let allowed)? = map["enum"] { map["enum"] = .list(allowed + [.null]) }
    return .map(map)
  }

  func value(_ shape: Shape) -> DocumentValue {
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
    case .list(let item, let lengths):
      var map = list(of: whole.value(item))
      if lengths.lowerBound > 0 { map["minItems"] = .integer(lengths.lowerBound) }
      map["maxItems"] = .integer(lengths.upperBound)
      return .map(map)
    case .map(let keys, let values, let maximum):
      var map = self.map(keys, values)
      if let maximum { map["maxProperties"] = .integer(maximum) }
      return .map(map)
    case .object(let object), .choice(let object): return .map(self.object(object))
    case .either(let first, let second): return ["anyOf": [whole.value(first), value(second)]]
    case .oneOrNamed(let object, let names):
      return ["anyOf": [.map(self.object(object)), .map(map(names, .object(object)))]]
    case .anything: return [:]
    }
  }

  /// A list, or a change of the profile's. What is said of maps holds for that alone.
  func list(of items: DocumentValue) -> DocumentMap {
    guard isPartial else { return ["type": "array", "items": items] }
    let part: DocumentValue = ["type": "array", "items": items]
    return [
      "type": ["array", "object"], "items": items,
      "properties": .map(DocumentMap(ListChange.keys.map { ($0, part) })), "additionalProperties": false,
      "minProperties": 1,
    ]
  }

  private func map(_ keys: TextRule, _ values: Shape) -> DocumentMap {
    if let reference = keys.reference, let uses = uses(of: reference) {
      return ["type": "object", "properties": .map(uses), "additionalProperties": false]
    }
    var names = text(keys, isKey: true)
    names["type"] = nil
    var map: DocumentMap = ["type": "object", "additionalProperties": schema(values)]
    if !names.isEmpty { map["propertyNames"] = .map(names) }
    return map
  }

  /// - Parameter isKey: A key is what it is: nothing is filled in.
  private func text(_ rule: TextRule, isKey: Bool = false) -> DocumentMap {
    var map: DocumentMap = ["type": "string"]
    if let reference = rule.reference, let names = names(of: reference) {
      map["enum"] = .strings(names)
      return map
    }
    if !rule.allowed.isEmpty { map["enum"] = .strings(rule.allowed) }
    if let pattern = rule.pattern { map["pattern"] = .string(self.pattern(pattern, isKey: isKey)) }
    if rule.lengths.lowerBound > 0 { map["minLength"] = .integer(rule.lengths.lowerBound) }
    if rule.lengths.upperBound < 1_000_000 { map["maxLength"] = .integer(rule.lengths.upperBound) }
    return map
  }

  /// A pattern for the whole text; a profile's may be filled in first.
  func pattern(_ pattern: String, isKey: Bool = false) -> String {
    isProfile && !isKey ? "^(?:\(pattern))$|\(CustomerPlaceholder.pattern)" : "^(?:\(pattern))$"
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

  func object(_ object: ObjectShape) -> DocumentMap {
    let properties = object.keys.map { key -> (String, DocumentValue) in
      guard case .map(var map) = schema(key.shape) else { return (key.name, true) }
      map["description"] = .string(key.summary)
      return (key.name, .map(map))
    }
    var map: DocumentMap = [
      "type": "object", "properties": .map(DocumentMap(properties)), "additionalProperties": false,
    ]
    guard isPartial else {
      let required = object.keys.filter(\.isRequired).map(\.name)
      if !required.isEmpty { map["required"] = .strings(required) }
      if !object.alternatives.isEmpty {
        map["oneOf"] = .list(object.alternatives.map { ["required": [.string($0)]] })
      }
      return map
    }
    let pairs = object.alternatives.indices.flatMap { first in
      object.alternatives[(first + 1)...].map { (object.alternatives[first], $0) }
    }
    let rules = pairs.map { notBoth($0, $1) } + valuesByBase(object)
    if !rules.isEmpty { map["allOf"] = .list(rules) }
    return map
  }
}
