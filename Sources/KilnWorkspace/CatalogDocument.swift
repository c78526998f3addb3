package import KilnDocuments
package import KilnSpec

/// The definitions as `kiln components` prints them.
package struct CatalogDocument {
  let definitions: Definitions

  package init(definitions: Definitions) { self.definitions = definitions }

  private func sorted<T>(_ map: [String: T]) -> [(key: String, value: T)] { map.sorted { $0.key < $1.key } }

  package var names: [String] {
    (Array(definitions.bases.keys) + definitions.components.keys + definitions.services.keys + definitions.profiles.keys)
      .sorted()
  }

  package var list: String {
    func section(_ title: String, _ rows: [(String, String)]) -> String {
      let width = (rows.map(\.0.count).max() ?? 0) + 2
      return "\(title)\n"
        + rows.map { "  \($0.0)\(String(repeating: " ", count: width - $0.0.count))\($0.1)\n" }.joined()
    }
    return [
      section("bases", sorted(definitions.bases).map { ($0.key, $0.value.summary) }),
      section("components", sorted(definitions.components).map { ($0.key, $0.value.summary) }),
      section("services", sorted(definitions.services).map { ($0.key, $0.value.summary) }),
      section("profiles", sorted(definitions.profiles).map { ($0.key, profileSummary($0.value)) }),
    ].joined(separator: "\n")
  }

  private func profileSummary(_ node: SpecNode) -> String {
    let components = (node["runtime"]?["components"]?.entries ?? []).map(\.key)
    let services = (node["services"]?.entries ?? []).map(\.key)
    return (components + services).joined(separator: ", ")
  }

  package var json: DocumentValue {
    [
      "bases": .list(
        sorted(definitions.bases).map { json($0.key, $0.value) }),
      "components": .list(sorted(definitions.components).map { json($0.key, $0.value.summary, $0.value.parameters) }),
      "services": .list(sorted(definitions.services).map { json($0.key, $0.value.summary, $0.value.parameters) }),
      "profiles": .list(sorted(definitions.profiles).map { json($0.key, $0.value) }),
      "schemaVersion": 1,
    ]
  }

  private func json(_ name: String, _ base: BaseDefinition) -> DocumentValue {
    ["name": .string(name), "summary": .string(base.summary), "image": .string(base.image)]
  }

  private func json(_ name: String, _ profile: SpecNode) -> DocumentValue {
    func names(_ node: SpecNode?) -> DocumentValue { .list((node?.entries ?? []).map { .string($0.key) }) }
    return [
      "name": .string(name), "components": names(profile["runtime"]?["components"]),
      "services": names(profile["services"]),
    ]
  }

  private func json(_ name: String, _ summary: String, _ parameters: [ParameterDefinition]) -> DocumentValue {
    [
      "name": .string(name), "summary": .string(summary),
      "parameters": .list(
        parameters.map { parameter in
          [
            "name": .string(parameter.name), "type": .string(parameter.kind.rawValue),
            "summary": parameter.summary.map { .string($0) } ?? .null, "isRequired": .bool(parameter.isRequired),
          ]
        }),
    ]
  }

  package func describe(_ name: String, asJSON isJSON: Bool) -> String? {
    if isJSON {
      if let component = definitions.components[name] {
        return JSONRenderer(sortedKeys: true).render(json(name, component.summary, component.parameters))
      }
      if let service = definitions.services[name] {
        return JSONRenderer(sortedKeys: true).render(json(name, service.summary, service.parameters))
      }
      if let base = definitions.bases[name] { return JSONRenderer(sortedKeys: true).render(json(name, base)) }
      if let profile = definitions.profiles[name] { return JSONRenderer(sortedKeys: true).render(json(name, profile)) }
    }
    let sections = [
      definitions.components[name].map { page(name, $0) + steps($0.steps) },
      definitions.services[name].map { page(name, $0) + steps($0.packages?.steps ?? []) },
      definitions.bases[name].map { page(name, $0) },
      definitions.profiles[name].map { "### \(name)\n\n\(profileSummary($0))\n" },
    ].compactMap { $0 }
    return sections.isEmpty ? nil : sections.joined(separator: "\n")
  }

  /// `docs/catalog.md`.
  package var markdown: String {
    var out = "# The catalog\n\nMade by `kiln components --format markdown`. `kiln components NAME` shows one entry.\n"
    out += "\n## Bases\n\n" + sorted(definitions.bases).map { page($0.key, $0.value) }.joined(separator: "\n")
    out += "\n## Components\n\n" + sorted(definitions.components).map { page($0.key, $0.value) }.joined(separator: "\n")
    out += "\n## Services\n\nEvery service also takes `from` (`image` or `packages`), `storage` and `settings`.\n\n"
    out += sorted(definitions.services).map { page($0.key, $0.value) }.joined(separator: "\n")
    out +=
      "\n## Profiles\n\n"
      + sorted(definitions.profiles).map { "### \($0.key)\n\n\(profileSummary($0.value))\n" }.joined(separator: "\n")
    return out
  }

  private func page(_ name: String, _ base: BaseDefinition) -> String {
    "### \(name)\n\n\(base.summary). Container `\(base.image)`; Azure `\(base.azure.publisher):\(base.azure.offer):\(base.azure.sku)`.\n"
  }

  private func page(_ name: String, _ component: ComponentDefinition) -> String {
    var out = "### \(name)\n\n\(component.summary).\n"
    if !component.requires.isEmpty {
      out += "\nRequires: \(component.requires.map(\.value).joined(separator: ", ")).\n"
    }
    if !component.alternatives.isEmpty { out += "\nWith one of: \(component.alternatives.joined(separator: ", ")).\n" }
    if !component.conflicts.isEmpty { out += "\nNot together with: \(component.conflicts.joined(separator: ", ")).\n" }
    if !component.bases.isEmpty { out += "\nOnly on: \(component.bases.joined(separator: ", ")).\n" }
    if component.isBeforePackages { out += "\nDone before the packages of others are installed.\n" }
    out += "\nOrder: \(component.order).\n"
    return out + table(component.parameters)
  }

  private func page(_ name: String, _ service: ServiceDefinition) -> String {
    var out = "### \(name)\n\n\(service.summary). Port \(service.port)"
    out += service.data.map { ", data in `\($0)`" } ?? ", keeps nothing"
    out += service.image.flatMap { $0.scalar?.text }.map { ", image `\($0)`" } ?? ""
    out += service.packages.map { "; from packages on \($0.bases.joined(separator: ", "))" } ?? ""
    out += ".\n" + table(service.parameters)
    guard let configuration = service.configuration else { return out }
    let settings = configuration.known.map { setting in
      let range = [setting.minimum.map { "from \($0)" }, setting.maximum.map { "to \($0)" }].compactMap { $0 }.joined(
        separator: " ")
      let rule = setting.allowed.isEmpty ? range : setting.allowed.joined(separator: ", ")
      return "| `\(setting.name)` | \(setting.type) | \(rule) |\n"
    }
    return out + "\n| setting | type | values |\n|---|---|---|\n" + settings.joined()
  }

  private func table(_ parameters: [ParameterDefinition]) -> String {
    if parameters.isEmpty { return "" }
    return "\n| parameter | type | default | |\n|---|---|---|---|\n"
      + parameters.map { parameter in
        let byBase = sorted(parameter.fallbackByBase).map { "\($0.key): \(shown($0.value))" }
        let own =
          byBase.isEmpty
          ? parameter.fallback.map(shown) ?? (parameter.isRequired ? "required" : "") : byBase.joined(separator: "; ")
        let beside = sorted(parameter.fallbackWith).map { "; with \($0.key): \(shown($0.value))" }.joined()
        let fallback = (parameter.follows.map { "`\($0.rawValue)`, else \(own)" } ?? own) + beside
        return "| `\(parameter.name)` | \(parameter.kind.rawValue) | \(fallback) | \(parameter.summary ?? "") |\n"
      }.joined()
  }

  /// As the definition has them, in YAML.
  private func steps(_ nodes: [SpecNode]) -> String {
    if nodes.isEmpty { return "" }
    let document = DocumentValue.list(nodes.map(\.document))
    return "\nSteps:\n\n```yaml\n\(YAMLRenderer(documentStart: false).render(document))```\n"
  }

  private func shown(_ node: SpecNode) -> String {
    switch node.content {
    case .scalar(let scalar): "`\(scalar.text)`"
    case .list(let items): "`[\(items.compactMap { $0.scalar?.text }.joined(separator: ", "))]`"
    case .map(let entries):
      "`{\(entries.map { "\($0.key): \($0.value.scalar?.text ?? "…")" }.joined(separator: ", "))}`"
    }
  }
}

extension SpecNode {
  /// The values without their places.
  fileprivate var document: DocumentValue {
    switch content {
    case .scalar(let scalar):
      if isNull { return .null }
      return boolean.map { .bool($0) } ?? integer.map { .integer($0) } ?? .string(scalar.text)
    case .list(let items): return .list(items.map(\.document))
    case .map(let entries): return .map(DocumentMap(entries.map { ($0.key, $0.value.document) }))
    }
  }
}
