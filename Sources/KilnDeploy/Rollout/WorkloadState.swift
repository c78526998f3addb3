import KilnDocuments
package import KilnKubernetes

/// How far a Deployment, StatefulSet, DaemonSet or Job is.
package struct WorkloadState: Sendable, Hashable {
  package let id: KubernetesObject.ID
  /// Pods that it should have; of a job, completions.
  package let desired: Int
  /// Pods of the newest version that answer.
  package let ready: Int
  /// Whether the newest version runs, and nothing else.
  package let isDone: Bool
  /// Why it is not; nil where it is, or where nothing is known yet.
  package var reason: String?

  static let kinds: Set<String> = ["Deployment", "StatefulSet", "DaemonSet", "Job"]

  /// As in `care: 1 of 2 ready`.
  package var line: String {
    if id.kind == "CronJob" { return "\(id.name): \(reason ?? "")" }
    let state = id.kind == "Job" ? (isDone ? "done" : "running") : "\(ready) of \(desired) ready"
    return "\(id.name): \(state)" + (reason.map { ": \($0)" } ?? "")
  }

  /// A schedule that does not what it should.
  init(_ id: KubernetesObject.ID, failed reason: String) {
    self.id = id
    desired = 1
    ready = 0
    isDone = false
    self.reason = reason
  }

  /// - Parameter document: As the cluster answers; nil for what is no workload.
  init?(_ document: DocumentValue) {
    guard let object = KubernetesObject(document: document.members), Self.kinds.contains(object.kind) else {
      return nil
    }
    id = object.id
    let status = document["status"]
    func count(_ key: String) -> Int { status?[key]?.integerValue ?? 0 }
    let isSeen = count("observedGeneration") >= document["metadata"]?["generation"]?.integerValue ?? 0
    switch object.kind {
    case "Deployment":
      desired = document["spec"]?["replicas"]?.integerValue ?? 1
      let updated = count("updatedReplicas")
      ready = isSeen ? min(updated, count("availableReplicas")) : 0
      isDone =
        isSeen && updated == desired && count("replicas") == updated && count("availableReplicas") >= desired
    case "StatefulSet":
      desired = document["spec"]?["replicas"]?.integerValue ?? 1
      let isCurrent = status?["currentRevision"] == status?["updateRevision"]
      ready = isSeen ? min(isCurrent ? desired : count("updatedReplicas"), count("readyReplicas")) : 0
      isDone = isSeen && isCurrent && count("readyReplicas") == desired && count("replicas") == desired
    case "DaemonSet":
      desired = count("desiredNumberScheduled")
      ready = isSeen ? min(count("updatedNumberScheduled"), count("numberAvailable")) : 0
      isDone = isSeen && ready == desired
    default:
      desired = document["spec"]?["completions"]?.integerValue ?? 1
      ready = count("succeeded")
      isDone = Self.condition("Complete", of: document) != nil
    }
    reason = nil
  }

  /// A condition that is true.
  static func condition(_ type: String, is status: String = "True", of document: DocumentValue) -> DocumentValue? {
    document["status"]?["conditions"]?.items.first {
      $0["type"]?.textValue == type && $0["status"]?.textValue == status
    }
  }
}
