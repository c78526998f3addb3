package import KilnArtifacts
package import KilnDiagnostics
import KilnDocuments
package import KilnPlan
package import KilnSpec

/// A workspace read and resolved for a command.
package struct LoadedWorkspace: Sendable {
  package let workspace: Workspace
  /// Plans of the environments that were asked for and have no errors, by customer.
  package let plans: [EnvironmentPlan]
  /// Plans of all environments without errors.
  package let fleet: [EnvironmentPlan]
  /// The workspace's hosts that have no errors, in the order of their files.
  package var hosts: [HostPlan] = []
  /// Files that definitions copy into images, with the digest of their contents.
  package let copied: [String: ContentDigest]
  /// Such files that are not there.
  package let missing: Set<String>
  /// Whether every environment of the workspace has a plan.
  package let isFleetWhole: Bool
  package let problems: [Diagnostic]

  /// The plan of one customer.
  package func plan(of customer: String) throws -> EnvironmentPlan {
    if let plan = plans.first(where: { $0.customer == customer }) { return plan }
    // One whose spec has errors is not unknown.
    if workspace.describes(customer), problems.hasErrors {
      throw CommandError(problems, sources: workspace.excerpts)
    }
    throw CommandError.unknownCustomer(customer, among: fleet.map(\.customer))
  }
}

extension LoadedWorkspace {
  /// Whether an error is of the workspace, not of one customer's spec: its settings, or a folder that cannot be listed.
  package var concernsEveryCustomer: Bool {
    let shared = Set(["kiln.yaml", WorkspaceLayout.lockName] + WorkspaceReader.folders)
    return problems.contains { $0.severity == .error && $0.location.map { shared.contains($0.file) } ?? true }
  }

  /// Without the plans of customers whose specs have errors, or that two specs describe.
  package var withoutErrors: LoadedWorkspace {
    let files = Set(problems.filter { $0.severity == .error }.compactMap { $0.location?.file })
    func isGood(_ plan: EnvironmentPlan) -> Bool {
      !files.contains(plan.spec.file) && !workspace.duplicateCustomers.contains(plan.customer.lowercased())
    }
    let rest = fleet.filter(isGood)
    return LoadedWorkspace(
      workspace: workspace, plans: plans.filter(isGood), fleet: rest, copied: copied, missing: missing,
      isFleetWhole: isFleetWhole && rest.count == fleet.count, problems: problems)
  }
}

extension CommandError {
  /// - Parameter known: The workspace's customers, sorted.
  package static func unknownCustomer(_ customer: String, among known: [String]) -> CommandError {
    let near = nearest(to: customer, among: known).map { "did you mean \"\($0)\"?" }
    let others =
      known.isEmpty ? "`kiln new \(customer)` writes a spec for it" : "there are: \(Phrase.some(known, limit: 10))"
    return CommandError(
      "workspace.customer", "there is no customer \"\(customer)\" in the workspace", help: near ?? others)
  }
}
