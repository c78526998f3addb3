import KilnDocuments

/// Names, parameters and allowed values of a workspace's definitions.
extension ShapeSchema {
  func names(of reference: TextRule.Reference) -> [String]? {
    guard let definitions else { return nil }
    return switch reference {
    case .base: definitions.bases.keys.sorted()
    case .component: definitions.components.keys.sorted()
    case .service: definitions.services.keys.sorted()
    case .profile: definitions.profiles.keys.sorted()
    }
  }

  /// What a spec says of each definition, by name; nil for definitions that it says nothing of.
  func uses(of reference: TextRule.Reference) -> DocumentMap? {
    guard let definitions else { return nil }
    switch reference {
    case .component:
      return DocumentMap(
        definitions.components.sorted { $0.key < $1.key }.map { name, component in
          (name, use([], component.parameters, component.summary))
        })
    case .service:
      return DocumentMap(
        definitions.services.sorted { $0.key < $1.key }.map { name, service in
          let keys = Shape.serviceUseObject.keys.map { key -> (String, DocumentValue) in
            guard case .map(var map) = key.name == "settings" ? settings(service) : schema(key.shape) else {
              return (key.name, true)
            }
            map["description"] = .string(key.summary)
            return (key.name, .map(map))
          }
          return (name, use(keys, service.parameters, service.summary))
        })
    case .base, .profile: return nil
    }
  }

  private func use(
    _ keys: [(String, DocumentValue)], _ parameters: [ParameterDefinition], _ summary: String
  ) -> DocumentValue {
    Self.nullable([
      "type": "object", "description": .string(summary),
      "properties": .map(DocumentMap(keys + parameters.map { ($0.name, parameter($0)) })),
      "additionalProperties": false,
    ])
  }

  private func settings(_ service: ServiceDefinition) -> DocumentValue {
    let properties = (service.configuration?.known ?? []).map { setting -> (String, DocumentValue) in
      var map: DocumentMap = ["type": ["string", "number", "boolean"]]
      map["description"] = .string(
        setting.allowed.isEmpty ? setting.type : "one of: \(setting.allowed.joined(separator: ", "))")
      if let least = setting.minimum.flatMap(Double.init) { map["minimum"] = .decimal(least) }
      if let most = setting.maximum.flatMap(Double.init) { map["maximum"] = .decimal(most) }
      return (setting.name, Self.nullable(.map(map)))
    }
    return Self.nullable([
      "type": "object", "properties": .map(DocumentMap(properties)), "additionalProperties": false,
    ])
  }

  private func parameter(_ parameter: ParameterDefinition) -> DocumentValue {
    var map: DocumentMap
    switch parameter.kind {
    case .string: map = text(parameter, ["type": "string"])
    case .integer:
      map = ["type": "integer"]
      let allowed = allowed(parameter).compactMap(Int.init)
      if !allowed.isEmpty { map["enum"] = .list(allowed.map { .integer($0) }) }
      if let least = parameter.minimum { map["minimum"] = .integer(least) }
      if let most = parameter.maximum { map["maximum"] = .integer(most) }
    case .boolean: map = ["type": "boolean"]
    case .list: map = list(of: .map(text(parameter, ["type": "string"])))
    case .map:
      // A number that is not allowed, or does not match, is left to `kiln check`.
      var values: DocumentMap = ["type": ["string", "number", "boolean"]]
      if let pattern = parameter.pattern { values["pattern"] = .string(self.pattern(pattern)) }
      map = ["type": "object", "additionalProperties": Self.nullable(.map(values))]
      if let pattern = parameter.keyPattern {
        map["propertyNames"] = ["pattern": .string(self.pattern(pattern, isKey: true))]
      }
    }
    guard case .map(var result) = Self.nullable(.map(map)) else { return .map(map) }
    if let summary = parameter.summary { result["description"] = .string(summary) }
    return .map(result)
  }

  private func text(_ parameter: ParameterDefinition, _ map: DocumentMap) -> DocumentMap {
    var map = map
    let allowed = allowed(parameter)
    if !allowed.isEmpty { map["enum"] = .strings(allowed) }
    if let pattern = parameter.pattern { map["pattern"] = .string(self.pattern(pattern)) }
    if !parameter.instead.isEmpty { map["not"] = ["enum": .strings(parameter.instead.keys.sorted())] }
    return map
  }

  /// What it takes on some base; empty where one takes anything.
  private func allowed(_ parameter: ParameterDefinition) -> [String] {
    if parameter.allowedByBase.isEmpty { return parameter.allowed }
    let bases = (definitions?.bases.keys.sorted() ?? []).map(parameter.allowed(on:))
    if bases.contains(where: \.isEmpty) { return [] }
    var seen: Set<String> = []
    return bases.flatMap { $0 }.filter { seen.insert($0).inserted }
  }

  /// Where a file names the base beside the components: the values that they take on that base.
  func valuesByBase(_ object: ObjectShape) -> [DocumentValue] {
    func key(_ wanted: TextRule.Reference) -> String? {
      object.keys.first { key in
        switch key.shape {
        case .text(let rule): rule.reference == wanted
        case .map(let rule, _, _): rule.reference == wanted
        default: false
        }
      }?.name
    }
    guard let definitions, let base = key(.base), let components = key(.component) else { return [] }
    return definitions.bases.keys.sorted().compactMap { name in
      let uses = definitions.components.sorted { $0.key < $1.key }.compactMap { component -> (String, DocumentValue)? in
        let parameters = component.value.parameters.compactMap { parameter -> (String, DocumentValue)? in
          guard parameter.kind == .string, let allowed = parameter.allowedByBase[name] else { return nil }
          return (parameter.name, ["enum": .list(allowed.map { .string($0) } + [.null])])
        }
        return parameters.isEmpty ? nil : (component.key, ["properties": .map(DocumentMap(parameters))])
      }
      if uses.isEmpty { return nil }
      return [
        "if": ["properties": .map(DocumentMap([(base, ["const": .string(name)])])), "required": [.string(base)]],
        "then": ["properties": .map(DocumentMap([(components, ["properties": .map(DocumentMap(uses))])]))],
      ]
    }
  }
}
