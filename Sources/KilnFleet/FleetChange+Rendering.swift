public import KilnDocuments

extension FleetChange {
  /// Images of several customers with the same reasons.
  private struct Group {
    let kind: Kind
    let name: String
    let reasons: [String]
    var customers: [String]
  }

  private var groups: [Group] {
    var order: [String] = []
    var groups: [String: Group] = [:]
    for image in images where image.kind != .runtime {
      // A move of the runtime is told once, above; it is still a reason.
      let key = "\(image.kind) \(image.name) \(image.reasons)"
      if groups[key] == nil { order.append(key) }
      groups[key, default: Group(kind: image.kind, name: image.name, reasons: image.reasons, customers: [])]
        .customers.append(image.customer ?? "")
    }
    return order.compactMap { groups[$0] }
  }

  /// Customers whose values change in the same way.
  private var valueGroups: [(reasons: [String], customers: [String])] {
    var order: [[String]] = []
    var groups: [[String]: [String]] = [:]
    for value in values {
      let reasons = value.differences.map(\.text)
      if groups[reasons] == nil { order.append(reasons) }
      groups[reasons, default: []].append(value.customer)
    }
    return order.map { ($0, groups[$0] ?? []) }
  }

  private func label(_ group: Group) -> String {
    switch group.kind {
    case .service: "service \(group.name)"
    case .app where group.name != "app": "app \(group.name)"
    case .app, .machine, .runtime: group.kind.rawValue
    }
  }

  private func label(_ move: Move) -> String { "runtime \(move.from) → \(move.to)" }

  /// `2 runtimes, 37 apps, 0 services and 12 machines would be built`.
  public var summary: String {
    if images.isEmpty { return "nothing would be built" }
    let counts = [
      Phrase.count(count(.runtime), "runtime"), Phrase.count(count(.app), "app"),
      Phrase.count(count(.service), "service"),
    ]
    return counts.joined(separator: ", ") + " and \(Phrase.count(count(.machine), "machine")) would be built"
  }

  public var text: String {
    var lines = ["since \(since): \(summary)"]
    for move in moves {
      let known = move.isBuilt ? "" : " (which the fleet has already)"
      lines.append(
        "\(label(move))\(known): \(move.differences.map(\.text).joined(separator: "; ")); \(Phrase.count(move.customers.count, "customer"))"
      )
    }
    for image in images where image.kind == .runtime && !moves.contains(where: { $0.to == image.name }) {
      lines.append("runtime \(image.name): \(image.reasons.joined(separator: "; "))")
    }
    for group in groups {
      lines.append(
        "\(label(group)) of \(Phrase.some(group.customers, limit: 6)): \(group.reasons.joined(separator: "; "))")
    }
    for (reasons, customers) in valueGroups {
      lines.append(
        "values of \(Phrase.some(customers, limit: 6)): \(reasons.joined(separator: "; ")); nothing is built for them")
    }
    if !added.isEmpty { lines.append("new: \(Phrase.some(added, limit: 6))") }
    if !removed.isEmpty { lines.append("gone: \(Phrase.some(removed, limit: 6))") }
    lines += notes.map { "note: \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// For a pull request.
  public var markdown: String {
    var lines = ["### What this change builds", "", "Since `\(Self.code(since))`: \(summary).", ""]
    if !moves.isEmpty {
      lines += ["| runtime | becomes | because | customers |", "|---|---|---|---|"]
      lines += moves.map { move in
        "| `\(move.from)` | `\(move.to)`\(move.isBuilt ? "" : " (there already)") | \(Self.cell(move.differences.map(\.text).joined(separator: "; "))) | \(move.customers.count): \(Phrase.some(move.customers, limit: 6)) |"
      }
      lines.append("")
    }
    let groups = groups
    if !groups.isEmpty {
      lines += ["| image | customers | because |", "|---|---|---|"]
      lines += groups.prefix(100).map { group in
        "| \(Self.cell(label(group))) | \(group.customers.count): \(Phrase.some(group.customers, limit: 20)) | \(Self.cell(group.reasons.joined(separator: "; "))) |"
      }
      if groups.count > 100 { lines.append("| … | | \(groups.count - 100) more; `kiln plan --since` has them all |") }
      lines.append("")
    }
    let values = valueGroups
    if !values.isEmpty {
      lines += ["| values of | change |", "|---|---|"]
      lines += values.prefix(100).map { reasons, customers in
        "| \(customers.count): \(Phrase.some(customers, limit: 20)) | \(Self.cell(reasons.joined(separator: "; "))) |"
      }
      lines += ["", "Values are given when an app runs: nothing is built for them.", ""]
    }
    if !added.isEmpty { lines += ["New: \(Phrase.some(added, limit: 20)).", ""] }
    if !removed.isEmpty { lines += ["Gone: \(Phrase.some(removed, limit: 20)).", ""] }
    for note in notes { lines += ["> \(Self.cell(note))", ""] }
    return lines.joined(separator: "\n")
  }

  /// Text of a table's cell that means nothing to Markdown or HTML.
  static func cell(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\n", "\r": out += " "
      case "|", "\\", "`", "*", "_", "[", "]", "#", "~", "@": out += "&#\(scalar.value);"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  private static func code(_ text: String) -> String { text.substituting("`", with: "'") }

  public var document: DocumentValue {
    [
      "schemaVersion": 1, "since": .string(since),
      "counts": .map(DocumentMap(Kind.allCases.map { ($0.rawValue, .integer(count($0))) })),
      "moves": .list(
        moves.map { move in
          [
            "from": .string(move.from), "to": .string(move.to), "built": .bool(move.isBuilt),
            "differences": .list(move.differences.map(\.document)), "customers": .strings(move.customers),
          ]
        }),
      "images": .list(
        images.map { image in
          [
            "kind": .string(image.kind.rawValue), "name": .string(image.name),
            "customer": image.customer.map { .string($0) } ?? .null, "reasons": .strings(image.reasons),
            "differences": .list(image.differences.map(\.document)),
          ]
        }),
      "values": .list(
        values.map { value in
          [
            "customer": .string(value.customer), "differences": .list(value.differences.map(\.document)),
          ]
        }), "added": .strings(added), "removed": .strings(removed), "notes": .strings(notes),
    ]
  }
}
