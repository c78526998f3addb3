import KilnDiagnostics
package import KilnDocuments
package import KilnPlan
import KilnSpec

/// The differences between a container and a machine, and which of them the spec declares.
package struct ParityTable: Sendable {
  package struct Row: Sendable, Hashable {
    package let kind: String
    package let name: String
    /// nil where there is none.
    package let container: String?
    package let machine: String?
    /// What declares the difference, as in `only: machine at …`; nil for one that should not be.
    package let declared: String?
  }

  package let rows: [Row]
  /// How many facts were compared.
  package let count: Int

  package var undeclared: [Row] { rows.filter { $0.declared == nil } }

  package init(container: [ParityProbe.Fact: String], machine: [ParityProbe.Fact: String], plan: MachinePlan) {
    let bootstrap = Set(machine.keys.filter { $0.kind == "bootstrap" }.map(\.name))
    let declared = Self.declared(plan)
    let keys = Set(container.keys).union(machine.keys).filter { !["bootstrap", "depends", "maker"].contains($0.kind) }
    let sides = [container, machine].map { Self.consequences(of: declared, in: $0) }
    count = keys.count
    rows = keys.sorted { ($0.kind, $0.name) < ($1.kind, $1.name) }.compactMap { key in
      let (one, other) = (container[key], machine[key])
      if one == other { return nil }
      var reason = declared[key]
      if reason == nil, key.kind == "package", one == nil, bootstrap.contains(key.name) {
        reason = "needed by Ansible"
      }
      // What only one side has may come with something that is declared for it.
      if reason == nil, one == nil || other == nil { reason = sides[one == nil ? 1 : 0][key] }
      return Row(kind: key.kind, name: key.name, container: one, machine: other, declared: reason)
    }
  }

  /// Packages that declared ones depend on, and the accounts that those make.
  private static func consequences(of declared: [ParityProbe.Fact: String], in facts: [ParityProbe.Fact: String])
    -> [ParityProbe.Fact: String]
  {
    var reasons: [String: String] = [:]
    var waiting = declared.filter { $0.key.kind == "package" }.map { ($0.key.name, $0.value) }.sorted { $0.0 < $1.0 }
    while let (name, reason) = waiting.popLast() {
      guard reasons[name] == nil else { continue }
      reasons[name] = reason
      let depends = facts[.init(kind: "depends", name: name)] ?? ""
      for part in depends.split(whereSeparator: { ",|".contains($0) }) {
        if let package = part.split(separator: " ").first { waiting.append((String(package), "\(name), \(reason)")) }
      }
    }
    var found: [ParityProbe.Fact: String] = [:]
    for (name, reason) in reasons { found[.init(kind: "package", name: name)] = reason }
    for (fact, package) in facts where fact.kind == "maker" {
      guard let reason = reasons[package] else { continue }
      found[.init(kind: "user", name: fact.name)] = "\(package), \(reason)"
      found[.init(kind: "group", name: fact.name)] = "\(package), \(reason)"
    }
    return found
  }

  /// What steps of one side alone cause.
  private static func declared(_ plan: MachinePlan) -> [ParityProbe.Fact: String] {
    var declared: [ParityProbe.Fact: String] = [:]
    let services = plan.services.flatMap { service -> [PlannedStep] in
      if case .packages(let steps, _) = service.source { return steps.filter { $0.isFor(.machine) } }
      return []
    }
    let own = plan.runtime.components.flatMap(\.steps).filter { $0.only != nil }.map { step in
      (step.step, "only: \(step.only == .machine ? "machine" : "container") at \(step.origin.text)")
    }
    for (step, reason) in own + services.map({ ($0.step, "machine.services") }) {
      for fact in step.facts {
        switch fact {
        case .package(let name): declared[.init(kind: "package", name: name)] = reason
        case .file(let path, _, _, _, _), .directory(let path, _, _, _), .link(let path, _):
          declared[.init(kind: "file", name: path)] = reason
        case .account(let name):
          declared[.init(kind: "user", name: name)] = reason
          declared[.init(kind: "group", name: name)] = reason
        case .variable(let name): declared[.init(kind: "variable", name: name)] = reason
        case .repository, .exists: break
        }
      }
    }
    return declared
  }

  package var text: String {
    func cell(_ value: String?) -> String { value.map { $0.count > 60 ? $0.prefix(59) + "…" : $0 } ?? "-" }
    var lines = [
      "\(count) facts compared, \(Phrase.count(undeclared.count, "undeclared difference")), \(rows.count - undeclared.count) declared"
    ]
    if !rows.isEmpty {
      let table =
        [["what", "name", "container", "machine", "declared by"]]
        + rows.map { [$0.kind, cell($0.name), cell($0.container), cell($0.machine), $0.declared ?? "NOTHING"] }
      let widths = (0..<5).map { column in table.map { $0[column].count }.max() ?? 0 }
      for row in table {
        let cells = row.enumerated().map { index, text in
          index == 4 ? text : text + String(repeating: " ", count: widths[index] - text.count)
        }
        lines.append(cells.joined(separator: "  "))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  package var document: DocumentValue {
    [
      "schemaVersion": 1, "compared": .integer(count), "undeclared": .integer(undeclared.count),
      "differences": .list(
        rows.map { row in
          [
            "kind": .string(row.kind), "name": .string(row.name),
            "container": row.container.map { .string($0) } ?? .null,
            "machine": row.machine.map { .string($0) } ?? .null,
            "declared": row.declared.map { .string($0) } ?? .null,
          ]
        }),
    ]
  }
}
