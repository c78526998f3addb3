public import KilnDocuments
public import KilnPlan

/// How a plan is printed.
public enum PlanFormat: String, Sendable, CaseIterable {
  case text, json, dot, svg, html, markdown, gitlab, customers
  case githubMatrix = "github-matrix"
  case azureMatrix = "azure-matrix"

  public static let plan: [Self] = [.text, .json, .customers]
  public static let fleet: [Self] = [.text, .json, .dot, .svg, .html]
  public static let since: [Self] = [.text, .json, .markdown, .customers, .githubMatrix, .azureMatrix, .gitlab]
}

extension FleetChange.Kind {
  /// As in `app,service`; all without a text, nil where a word is none of them.
  public static func list(_ text: String?) -> [Self]? {
    guard let text else { return allCases }
    let kinds = text.split(separator: ",").map { Self(rawValue: String($0)) }
    return kinds.contains(nil) || kinds.isEmpty ? nil : kinds.compactMap { $0 }
  }
}

extension FleetOverview {
  /// The runtimes of `plans` as text, or a picture of them.
  public static func text(of plans: [EnvironmentPlan], as format: PlanFormat) -> String {
    switch format {
    case .dot: FleetGraph(plans).dot
    case .svg: FleetGraph(plans).svg
    case .html: FleetGraph(plans).html
    default: FleetOverview(plans).text
    }
  }
}

extension PlanDocument {
  /// For programs.
  public static func document(of plans: [EnvironmentPlan]) -> DocumentValue {
    ["environments": .list(plans.map { PlanDocument(plan: $0).json }), "schemaVersion": 1]
  }
}
