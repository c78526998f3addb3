import KilnDocuments

/// Why a pod is not ready, as far as the pod itself says.
struct PodTrouble: Equatable {
  /// What sorts troubles of one kind together, however their words change.
  enum Kind: Hashable {
    case image, configuration, crash, schedule, start, notReady
  }

  let kind: Kind
  var text: String
  let pod: String
  let container: String?
  /// How often the container has been started again.
  var restarts = 0
  /// Whether its log says more.
  var hasLog = false

  /// - Parameter pod: As the cluster answers; nil where nothing is wrong with it.
  static func find(in pod: DocumentValue) -> PodTrouble? {
    let name = pod["metadata"]?["name"]?.textValue ?? ""
    let status = pod["status"]
    let initial = status?["initContainerStatuses"]?.items ?? []
    let containers = status?["containerStatuses"]?.items ?? []
    for (index, container) in (initial + containers).enumerated() {
      let role = index < initial.count ? "init container" : "container"
      if let trouble = find(in: container, role: role, pod: name) { return trouble }
    }
    if let reason = scheduling(pod) {
      return PodTrouble(kind: .schedule, text: "pod \(name) fits on no node: \(reason)", pod: name, container: nil)
    }
    if let message = status?["message"]?.textValue, status?["phase"]?.textValue == "Failed" {
      return PodTrouble(kind: .start, text: "pod \(name) failed: \(message)", pod: name, container: nil)
    }
    if let waiting = containers.first(where: { $0["state"]?["running"] != nil && $0["ready"]?.isTrue != true }) {
      let container = waiting["name"]?.textValue
      return PodTrouble(
        kind: .notReady, text: "pod \(name) runs and is not ready", pod: name, container: container,
        restarts: waiting["restartCount"]?.integerValue ?? 0, hasLog: true)
    }
    return nil
  }

  private static func scheduling(_ pod: DocumentValue) -> String? {
    guard let condition = WorkloadState.condition("PodScheduled", is: "False", of: pod),
      condition["reason"]?.textValue == "Unschedulable"
    else { return nil }
    return condition["message"]?.textValue ?? "no reason given"
  }

  private static func find(in container: DocumentValue, role: String, pod: String) -> PodTrouble? {
    let name = container["name"]?.textValue ?? ""
    let restarts = container["restartCount"]?.integerValue ?? 0
    if let waiting = container["state"]?["waiting"] {
      let reason = waiting["reason"]?.textValue ?? ""
      let message = waiting["message"]?.textValue ?? reason
      switch reason {
      case "ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError":
        // A registry's own words are in ErrImagePull and in events.
        let detail = reason == "ErrImagePull" ? ": \(registryWords(message))" : ""
        return PodTrouble(
          kind: .image, text: "image \(container["image"]?.textValue ?? "") cannot be pulled\(detail)", pod: pod,
          container: name)
      case "InvalidImageName", "ErrImageNeverPull":
        return PodTrouble(
          kind: .image, text: "image \(container["image"]?.textValue ?? "") cannot be pulled: \(message)",
          pod: pod, container: name)
      case "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreCreateHookError",
        "PostStartHookError":
        return PodTrouble(
          kind: .configuration, text: "\(role) \(name) cannot be started: \(message)", pod: pod, container: name)
      case "CrashLoopBackOff":
        return crash(container, container["lastState"]?["terminated"], role, pod, restarts, message)
      default: return nil
      }
    }
    if let end = container["state"]?["terminated"], end["exitCode"]?.integerValue ?? 0 != 0 {
      return crash(container, end, role, pod, restarts, "")
    }
    return nil
  }

  private static func crash(
    _ container: DocumentValue, _ end: DocumentValue?, _ role: String, _ pod: String, _ restarts: Int,
    _ message: String
  ) -> PodTrouble {
    let name = container["name"]?.textValue ?? ""
    var text = "\(role) \(name) ends again and again"
    if let end {
      let reason = end["reason"]?.textValue ?? ""
      let code = end["exitCode"]?.integerValue ?? 0
      text = "\(role) \(name) ended with \(code)" + (reason.isEmpty || reason == "Error" ? "" : " (\(reason))")
      if restarts > 0 { text += ", \(Phrase.count(restarts, "restart"))" }
    }
    return PodTrouble(kind: .crash, text: text, pod: pod, container: name, restarts: restarts, hasLog: true)
  }

  /// What a registry answered, without those who passed it on.
  static func registryWords(_ message: String) -> String {
    ["code = Unknown desc = ", "code = NotFound desc = ", "Error response from daemon: "].reduce(message) {
      text, mark in
      text.ranges(of: mark).last.map { String(text[$0.upperBound...]) } ?? text
    }
  }

  /// What no patience changes: registries say that there is no such image.
  var isImageMissing: Bool {
    kind == .image
      && ["not found", "manifest unknown", "does not exist", "InvalidImageName", "couldn't parse", "never"]
        .contains { text.contains($0) }
  }
}
