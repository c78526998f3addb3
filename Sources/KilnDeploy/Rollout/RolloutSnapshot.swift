import KilnDocuments
import KilnKubernetes

/// Workloads with their pods, at one moment.
struct RolloutSnapshot: Sendable {
  /// What is wrong with a workload, and how long that may be so.
  struct Trouble: Equatable {
    /// What sorts one trouble's words over time.
    let key: String
    let text: String
    /// Seconds until it is certain that it will not pass; nil for what may pass at any time.
    let patience: Double?
    var pod: PodTrouble?
  }

  private let workloads: [KubernetesObject.ID: DocumentValue]
  private let sets: [DocumentValue]
  private let pods: [DocumentValue]
  private let claims: [DocumentValue]

  init(_ documents: [DocumentValue]) {
    func all(_ kind: String) -> [DocumentValue] { documents.filter { $0["kind"]?.textValue == kind } }
    var workloads: [KubernetesObject.ID: DocumentValue] = [:]
    for document in documents {
      if let state = WorkloadState(document) { workloads[state.id] = document }
    }
    self.workloads = workloads
    sets = all("ReplicaSet")
    pods = all("Pod").filter { $0["metadata"]?["deletionTimestamp"] == nil }
    claims = all("PersistentVolumeClaim")
  }

  /// What is asked for to know of these workloads.
  static func kinds(for ids: [KubernetesObject.ID]) -> [String] {
    let names = [
      "Deployment": ["deployments.apps", "replicasets.apps"], "StatefulSet": ["statefulsets.apps"],
      "DaemonSet": ["daemonsets.apps"],
      "Job": ["jobs.batch"],
    ]
    return Set(ids.map(\.kind)).sorted().flatMap { names[$0] ?? [] } + ["persistentvolumeclaims", "pods"]
  }

  func state(_ id: KubernetesObject.ID) -> WorkloadState? { workloads[id].flatMap { WorkloadState($0) } }

  /// The pods of a workload's newest version.
  func pods(of id: KubernetesObject.ID) -> [DocumentValue] {
    guard let workload = workloads[id] else { return [] }
    switch id.kind {
    case "Deployment": return newestSets(of: workload).flatMap { owned(pods, by: $0) }
    case "StatefulSet":
      let revision = workload["status"]?["updateRevision"]
      return owned(pods, by: workload).filter { Self.revision($0) == revision }
    default: return owned(pods, by: workload)
    }
  }

  /// Pods of an earlier version that never became ready: a StatefulSet waits for them forever.
  func leftovers(of id: KubernetesObject.ID) -> [String] {
    guard id.kind == "StatefulSet", let workload = workloads[id], let revision = workload["status"]?["updateRevision"],
      workload["status"]?["observedGeneration"] == workload["metadata"]?["generation"]
    else { return [] }
    return owned(pods, by: workload)
      .filter { Self.revision($0) != revision && WorkloadState.condition("Ready", of: $0) == nil }
      .compactMap { $0["metadata"]?["name"]?.textValue }
  }

  private static func revision(_ pod: DocumentValue) -> DocumentValue? {
    pod["metadata"]?["labels"]?["controller-revision-hash"]
  }

  private func newestSets(of deployment: DocumentValue) -> [DocumentValue] {
    let key = "deployment.kubernetes.io/revision"
    let revision = deployment["metadata"]?["annotations"]?[key]
    return owned(sets, by: deployment).filter { $0["metadata"]?["annotations"]?[key] == revision }
  }

  private func owned(_ objects: [DocumentValue], by owner: DocumentValue) -> [DocumentValue] {
    guard let uid = owner["metadata"]?["uid"]?.textValue else { return [] }
    return objects.filter { object in
      object["metadata"]?["ownerReferences"]?.items.contains { $0["uid"]?.textValue == uid } ?? false
    }
  }

  /// What keeps a workload from being done; nil where nothing is known.
  func trouble(_ id: KubernetesObject.ID, _ events: ClusterEvents) -> Trouble? {
    guard let workload = workloads[id] else { return nil }
    if id.kind == "Job", let end = WorkloadState.condition("Failed", of: workload) {
      return jobFailure(id, end)
    }
    let pods = pods(of: id)
    let found = pods.compactMap { pod in PodTrouble.find(in: pod).map { (pod, $0) } }
    if let (pod, trouble) = found.min(by: { Self.rank($0.1) < Self.rank($1.1) }) {
      return self.trouble(trouble, pod, events)
    }
    for pod in pods where WorkloadState.condition("Ready", of: pod) == nil {
      if let message = events.message(pod, "FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox") {
        let name = pod["metadata"]?["name"]?.textValue ?? ""
        return Trouble(key: "mount", text: "pod \(name) cannot be started: \(message)", patience: nil)
      }
    }
    return creation(workload, events) ?? claim(of: workload, events) ?? deadline(workload)
  }

  private func jobFailure(_ id: KubernetesObject.ID, _ end: DocumentValue) -> Trouble {
    let texts = [end["reason"], end["message"]].compactMap { $0?.textValue }
    let pod = pods(of: id).compactMap { PodTrouble.find(in: $0) }.last
    let text = pod.map { "\($0.text) (\(texts.first ?? ""))" } ?? texts.joined(separator: ": ")
    return Trouble(key: "job", text: text, patience: 0, pod: pod)
  }

  private static func rank(_ trouble: PodTrouble) -> Int {
    let order: [PodTrouble.Kind] = [.crash, .image, .configuration, .start, .schedule, .notReady]
    return order.firstIndex(of: trouble.kind) ?? order.count
  }

  private func trouble(_ trouble: PodTrouble, _ pod: DocumentValue, _ events: ClusterEvents) -> Trouble {
    var trouble = trouble
    var patience: Double?
    switch trouble.kind {
    case .image:
      if !trouble.text.contains(": "), let message = events.message(pod, "Failed"), message.contains("pull image") {
        trouble.text += ": \(PodTrouble.registryWords(message))"
      }
      patience = trouble.isImageMissing ? 10 : 60
    case .configuration: patience = 30
    case .notReady:
      if let message = events.message(pod, "Unhealthy") { trouble.text += ": \(message)" }
    case .schedule:
      // The claim says why.
      if trouble.text.contains("unbound immediate PersistentVolumeClaims"),
        let claim = pendingClaim(Self.claims(of: pod), events)
      {
        return claim
      }
    case .crash, .start: break
    }
    return Trouble(key: "\(trouble.kind)", text: trouble.text, patience: patience, pod: trouble)
  }

  /// Pods that the cluster does not let be created, as for a quota.
  private func creation(_ workload: DocumentValue, _ events: ClusterEvents) -> Trouble? {
    let message =
      WorkloadState.condition("ReplicaFailure", of: workload)?["message"]?.textValue
      ?? ([workload] + newestSets(of: workload)).compactMap { events.message($0, "FailedCreate") }.first
    guard let message else { return nil }
    return Trouble(key: "create", text: "its pods cannot be created: \(message)", patience: 15)
  }

  private func claim(of workload: DocumentValue, _ events: ClusterEvents) -> Trouble? {
    guard workload["kind"]?.textValue == "StatefulSet" else { return nil }
    let name = workload["metadata"]?["name"]?.textValue ?? ""
    let templates = (workload["spec"]?["volumeClaimTemplates"]?.items ?? []).compactMap {
      $0["metadata"]?["name"]?.textValue
    }
    return pendingClaim(templates.map { "\($0)-\(name)-0" }, events)
  }

  private static func claims(of pod: DocumentValue) -> [String] {
    (pod["spec"]?["volumes"]?.items ?? []).compactMap { $0["persistentVolumeClaim"]?["claimName"]?.textValue }
  }

  private func pendingClaim(_ names: [String], _ events: ClusterEvents) -> Trouble? {
    let waiting = claims.first { claim in
      claim["status"]?["phase"]?.textValue == "Pending"
        && names.contains(claim["metadata"]?["name"]?.textValue ?? "")
    }
    guard let waiting else { return nil }
    let message = events.message(waiting, "ProvisioningFailed", "FailedBinding")
    let name = waiting["metadata"]?["name"]?.textValue ?? ""
    return Trouble(
      key: "claim", text: "claim \(name) is pending" + (message.map { ": \($0)" } ?? ""), patience: nil)
  }

  private func deadline(_ workload: DocumentValue) -> Trouble? {
    guard let end = WorkloadState.condition("Progressing", is: "False", of: workload),
      end["reason"]?.textValue == "ProgressDeadlineExceeded"
    else { return nil }
    return Trouble(key: "deadline", text: end["message"]?.textValue ?? "it makes no progress", patience: 5)
  }
}
