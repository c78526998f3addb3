import KilnDocuments
import KilnGeneration
package import KilnPlan

/// How `kiln plan` prints its answer.
package enum PlanFormat: String, Sendable, CaseIterable {
  case text, json, dot, svg, html, markdown, gitlab
  case githubMatrix = "github-matrix"
  case azureMatrix = "azure-matrix"

  package static let plan: [Self] = [.text, .json]
  package static let fleet: [Self] = [.text, .json, .dot, .svg, .html]
  package static let since: [Self] = [.text, .json, .markdown, .githubMatrix, .azureMatrix, .gitlab]
}

extension FleetOverview {
  /// The fleet of `plans` in one of `PlanFormat.fleet` other than JSON.
  package static func text(_ plans: [EnvironmentPlan], as format: PlanFormat) -> String {
    switch format {
    case .dot: FleetGraph(plans).dot
    case .svg: FleetGraph(plans).svg
    case .html: FleetGraph(plans).html
    default: FleetOverview(plans).text
    }
  }
}

extension FleetChange {
  private static let gitlabLimit = 500

  /// The change in one of `PlanFormat.since` other than JSON.
  package func text(as format: PlanFormat) -> String {
    switch format {
    case .markdown: return markdown
    case .githubMatrix: return matrix().github
    case .azureMatrix: return matrix().azure
    case .gitlab:
      return matrix(limit: Self.gitlabLimit).gitlab { kind in
        if kind == .machine { return [#"for customer in $KILN_TARGETS; do kiln bake "$customer"; done"#] }
        return [
          "kiln generate --check", "kiln pack --folders --quiet",
          "docker buildx bake -f dist/\(BakeLowering.fileName) --push $KILN_TARGETS",
        ]
      }
    default: return text
    }
  }

  private func matrix(limit: Int = BuildMatrix.limit) -> BuildMatrix {
    BuildMatrix(images, limit: limit) { image in
      switch (image.kind, image.customer) {
      case (.machine, let customer?): customer
      case (_, let customer?): BakeLowering.target(customer, image.name)
      case (_, nil): BakeLowering.runtime(image.name)
      }
    }
  }
}
