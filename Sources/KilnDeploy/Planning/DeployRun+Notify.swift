import KilnConsole
import KilnDiagnostics
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnWorkspace
import SystemPackage

/// Who hears of a deployment.
extension DeployRun {
  /// Notifies of what failed, or went well after that; on a terminal a failure names whose change it may be.
  /// - Parameter error: Why it failed; nil where it went well.
  func tell(_ planning: ReleasePlanning, _ error: (any Error)?) async {
    if let error {
      let id = (error as? any CommandErrorConvertible)?.commandError.diagnostics.first?.id
      // What failed before anything was changed is nobody's news but the caller's.
      guard id == "deploy.failed" else { return }
    } else if loaded.workspace.notify.isEmpty {
      return
    }
    guard
      let history = try? await ReleaseHistory.read(
        context: planning.cluster.context, namespace: planning.deployment.namespace, context.processes),
      let record = history.records.first, (error == nil) == (record.outcome == .deployed)
    else { return }
    await DeployNotice(loaded, planning.plan, context).send(
      record, after: history.records.dropFirst().reversed(), workload: record.workload, isFailure: error != nil)
  }
}
