import KilnConsole
import KilnDocuments
import KilnSpec
import KilnWorkspace

/// What Azure says that a deployment would change: `az deployment group what-if`.
package struct WhatIf: Sendable {
  /// A line for each change, and more below it for properties.
  package let lines: [String]

  private static let signs = ["Create": "+", "Delete": "-", "Modify": "~", "Deploy": "~"]
  /// Properties of one resource that are shown.
  private static let limit = 20

  init(_ answer: DocumentValue) {
    lines = (answer["changes"]?.items ?? answer["properties"]?["changes"]?.items ?? []).flatMap { change -> [String] in
      // What has no effect, and what Azure cannot tell, is no change.
      guard let kind = change["changeType"]?.textValue, let sign = Self.signs[kind] else { return [] }
      let name = Self.name(change["resourceId"]?.textValue ?? "")
      let properties = Self.properties(change["delta"]?.items ?? [], "")
      if kind == "Modify", properties.isEmpty { return [] }
      let more = properties.count > Self.limit ? ["    and \(properties.count - Self.limit) more"] : []
      return ["\(sign) \(name)"] + properties.prefix(Self.limit).map { "    \($0)" } + more
    }
  }

  package var isEmpty: Bool { lines.isEmpty }

  /// As in `virtualMachineScaleSets/acme-vmss`.
  private static func name(_ id: String) -> String {
    id.split(separator: "/").suffix(2).joined(separator: "/")
  }

  private static func properties(_ deltas: [DocumentValue], _ path: String) -> [String] {
    deltas.flatMap { delta -> [String] in
      let own = path + (path.isEmpty ? "" : ".") + (delta["path"]?.textValue ?? "")
      let children = delta["children"]?.items ?? []
      if !children.isEmpty { return properties(children, own) }
      switch delta["propertyChangeType"]?.textValue {
      case "Create": return ["+ \(own): \(text(delta["after"]))"]
      case "Delete": return ["- \(own): \(text(delta["before"]))"]
      case "Modify", "Array": return ["~ \(own): \(text(delta["before"])) → \(text(delta["after"]))"]
      default: return []
      }
    }
  }

  private static func text(_ value: DocumentValue?) -> String {
    let text = value?.textValue ?? value.map { $0.canonicalText.trimmed } ?? "null"
    return text.count > 100 ? String(text.prefix(100)) + "…" : text
  }
}
