import KilnDiagnostics
package import KilnPlan
import KilnSpec

extension EnvironmentPlan {
  /// The plan of a stage.
  /// - Throws: `input.stage` where there is none of that name.
  package func stage(named name: String) throws -> EnvironmentPlan {
    if let plan = at(stage: name) { return plan }
    let names = spec.stages.map(\.name.value)
    throw CommandError(
      "input.stage", "\(customer) has no stage \"\(name)\"",
      help: nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
        ?? (names.isEmpty ? "describe it under `stages`" : "there are: \(names.joined(separator: ", "))"))
  }
}
