import KilnConsole
import KilnDocuments
import KilnKubernetes
package import KilnProcesses

/// What runs in a namespace, and how it is.
package struct NamespaceStatus: Sendable {
  /// The release that runs; nil where none has succeeded yet.
  package let running: ReleaseRecord?
  /// The last deployment, whatever came of it.
  package let last: ReleaseRecord?
  /// Of Kiln's workloads, by name; a reason says why one is not ready.
  package let workloads: [WorkloadState]

  /// Whether a release runs, and every workload of it is ready.
  package var isHealthy: Bool { running != nil && workloads.allSatisfy(\.isDone) }

  /// One question to the cluster, and one more where something is not ready.
  package static func read(
    context: String, namespace: String, _ runner: any ProcessRunner
  ) async throws -> NamespaceStatus {
    let kubectl = Kubectl(context: context, namespace: namespace, runner)
    let kinds =
      "deployments.apps,statefulsets.apps,daemonsets.apps,replicasets.apps,pods,persistentvolumeclaims,configmaps,cronjobs.batch,jobs.batch"
    let documents = try await kubectl.objects("read what runs", ["get", kinds])
    let snapshot = RolloutSnapshot(documents)
    var states = documents.filter(Labels.areOwn).compactMap(WorkloadState.init).filter { $0.id.kind != "Job" }
    if states.contains(where: { !$0.isDone }) {
      let warnings = try? await kubectl.objects("read events", ["get", "events", "--field-selector", "type=Warning"])
      let events = ClusterEvents(warnings ?? [])
      for index in states.indices where !states[index].isDone {
        states[index].reason = snapshot.trouble(states[index].id, events).map { Relayed.safe($0.text) }
      }
    }
    states += FailedSchedule.all(among: documents).map(\.state)
    let history = ReleaseHistory(
      ReleaseStore.releases(among: documents.filter { $0["kind"]?.textValue == "ConfigMap" }).map(\.record))
    return NamespaceStatus(
      running: history.running, last: history.records.first, workloads: states.sorted { $0.id < $1.id })
  }
}
