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

  /// - Throws: `AzureFailure` for an answer that says nothing of changes: a question that failed is no "nothing".
  init(_ answer: DocumentValue) throws {
    let action = "ask Azure what would change"
    let properties = answer["properties"] ?? answer
    if let error = properties["error"], error != .null { throw AzureFailure(action, error: error) }
    let status = answer["status"]?.textValue ?? "Succeeded"
    guard status == "Succeeded" else { throw AzureFailure(action, reason: "the question ended as \(status)") }
    lines = try AzureCLI.items(properties["changes"], action).flatMap { change -> [String] in
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
      case "Modify", "Array":
        let (before, after) = Self.difference(whole(delta["before"]), whole(delta["after"]))
        return ["~ \(own): \(before) → \(after)"]
      default: return []
      }
    }
  }

  private static func whole(_ value: DocumentValue?) -> String {
    value?.textValue ?? value.map { $0.canonicalText.trimmed } ?? "null"
  }

  private static func text(_ value: DocumentValue?) -> String { cut(whole(value)) }

  private static func cut(_ text: String) -> String { text.count > 100 ? String(text.prefix(100)) + "…" : text }

  /// Both, without the long beginning that they share: ids of images differ at their ends.
  static func difference(_ before: String, _ after: String) -> (String, String) {
    guard max(before.count, after.count) > 100 else { return (before, after) }
    var shared = zip(before, after).prefix { $0 == $1 }.count
    // From the beginning of a name on.
    shared = before.prefix(shared).lastIndex(of: "/").map { before.distance(from: before.startIndex, to: $0) } ?? shared
    func rest(_ text: String) -> String { cut((shared > 0 ? "…" : "") + text.dropFirst(shared)) }
    return (rest(before), rest(after))
  }
}
