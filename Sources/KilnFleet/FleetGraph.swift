import KilnDocuments
public import KilnPlan
import KilnSpec

/// A fleet as a picture: base → runtime → the apps on it, one for each customer.
public struct FleetGraph: Sendable {
  struct App: Sendable {
    let customer: String
    /// What it has besides its app, as in `app, mariadb, redis`.
    let images: String
  }

  struct Runtime: Sendable {
    let id: String
    let base: String
    let summary: String
    let apps: [App]
  }

  /// By base, the runtime with most customers first.
  let runtimes: [Runtime]
  let overview: FleetOverview

  public init(_ plans: [EnvironmentPlan]) {
    overview = FleetOverview(plans)
    let byCustomer = Dictionary(uniqueKeysWithValues: plans.map { ($0.customer, $0) })
    runtimes = overview.runtimes.map { runtime in
      Runtime(
        id: runtime.plan.id, base: runtime.plan.base.name,
        summary: runtime.plan.components.map(\.label).joined(separator: ", "),
        apps: runtime.customers.map { customer in
          let plan = byCustomer[customer]
          let images =
            (plan?.apps.filter { $0.runtime.id == runtime.plan.id }.map(\.name) ?? [])
            + (plan?.services.map(\.name) ?? [])
          return App(customer: customer, images: images.joined(separator: ", "))
        })
    }.sorted { ($0.base, $1.apps.count, $0.id) < ($1.base, $0.apps.count, $1.id) }
  }

  /// `40 customers on 12 runtimes`.
  var title: String {
    "\(Phrase.count(overview.customers, "customer")) on \(Phrase.count(runtimes.count, "runtime"))"
  }

  var bases: [String] {
    var seen: Set<String> = []
    return runtimes.map(\.base).filter { seen.insert($0).inserted }
  }

  /// For Graphviz.
  public var dot: String {
    func quoted(_ text: String) -> String {
      "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
    var lines = ["digraph fleet {", "  rankdir=LR;", "  node [shape=box, fontname=\"monospace\"];"]
    for base in bases { lines.append("  \(quoted("base \(base)")) [label=\(quoted(base)), style=filled];") }
    for runtime in runtimes {
      lines.append(
        "  \(quoted("runtime \(runtime.id)")) [label=\(quoted(runtime.id)), tooltip=\(quoted(runtime.summary))];")
      lines.append("  \(quoted("base \(runtime.base)")) -> \(quoted("runtime \(runtime.id)"));")
      for app in runtime.apps {
        lines.append(
          "  \(quoted("app \(app.customer)")) [label=\(quoted(app.customer)), tooltip=\(quoted(app.images))];")
        lines.append("  \(quoted("runtime \(runtime.id)")) -> \(quoted("app \(app.customer)"));")
      }
    }
    return lines.joined(separator: "\n") + "\n}\n"
  }

  public var svg: String { FleetDrawing(self).svg(isWhole: true) }

  /// A page that needs nothing from elsewhere: the picture, a search, and what the overview tells.
  public var html: String { FleetPage(self).html }
}
