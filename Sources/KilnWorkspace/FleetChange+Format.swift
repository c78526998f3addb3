package import KilnFleet
import KilnGeneration

extension FleetChange {
  /// As text of a format, but JSON.
  package func text(as format: PlanFormat) -> String {
    switch format {
    case .markdown: return markdown
    case .customers: return concerned.map { "\($0)\n" }.joined()
    case .githubMatrix: return matrix().github
    case .azureMatrix: return matrix().azure
    case .gitlab:
      return matrix(limit: 500).gitlab { kind in
        if kind == .machine { return [#"for customer in $KILN_TARGETS; do kiln bake "$customer"; done"#] }
        return [
          "kiln generate --check", "kiln pack --folders --quiet",
          "docker buildx bake -f dist/\(BakeLowering.fileName) --push $KILN_TARGETS",
        ]
      }
    case .text, .json, .dot, .svg, .html: return text
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
