import KilnDocuments
import KilnGeneration
import KilnPlan
import SystemPackage

/// What only this machine knows of tests and helpers, as another Compose file: whose they are.
struct TestCompose {
  let plan: EnvironmentPlan
  let root: FilePath
  /// Names the run.
  let run: String

  static let header = ["Written by `kiln test`."]

  var text: String {
    let labels: DocumentMap = [
      LocalLabels.root: .string(root.string.substituting("$", with: "$$")), LocalLabels.run: .string(run),
    ]
    let services = DocumentMap(plan.testWorkloads.map { ($0.name, ["labels": .map(labels)]) })
    return YAMLRenderer(header: Self.header, documentStart: false).render(.map(["services": .map(services)]))
  }
}
