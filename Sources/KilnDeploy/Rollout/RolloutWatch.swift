import KilnConsole
import KilnDocuments
import KilnKubernetes
import KilnProcesses

/// Waits until workloads are ready, says what they wait for, and gives up as soon as it is certain that they will not be.
struct RolloutWatch {
  let kubectl: Kubectl
  let mask: SecretMask
  let clock: DeployClock
  /// Seconds.
  let timeout: Double
  let report: @Sendable (DeployEvent) -> Void
  /// Called before each look: throws where the wait is to end.
  let check: () throws -> Void

  /// After so many crashes a container is not waited for.
  private static let crashes = 3
  private static let logLines = 15

  /// What a wait remembers between two looks.
  private struct Memory {
    var reported: [KubernetesObject.ID: WorkloadState] = [:]
    /// When a trouble was first seen, and the least patience that there was with it.
    var since: [KubernetesObject.ID: (key: String, time: Double, patience: Double?)] = [:]
    /// Restarts that pods had when the wait began.
    var restarts: [String: Int]?
    var events = ClusterEvents()
    var troubles: [KubernetesObject.ID: RolloutSnapshot.Trouble] = [:]
  }

  /// - Throws: `RolloutFailure`; what `check` throws.
  func wait(for ids: [KubernetesObject.ID]) async throws {
    guard !ids.isEmpty else { return }
    let begun = clock.now()
    var memory = Memory()
    var looks = 0
    while true {
      try check()
      if let snapshot = try await look(ids) {
        looks += 1
        if looks % 3 == 0 { memory.events = await events() }
        if try await settle(ids, snapshot, &memory) { return }
      }
      let passed = clock.now() - begun
      if passed >= timeout { throw await tooLate(ids, memory) }
      await clock.sleep(passed < 30 ? 1 : 2)
      try Task.checkCancellation()
    }
  }

  /// Nil where the cluster does not answer this time.
  private func look(_ ids: [KubernetesObject.ID]) async throws -> RolloutSnapshot? {
    do {
      let kinds = RolloutSnapshot.kinds(for: ids).joined(separator: ",")
      return RolloutSnapshot(try await kubectl.objects("look at the workloads", ["get", kinds]))
    } catch let failure as KubectlFailure where failure.cause == .unreachable { return nil }
  }

  private func events() async -> ClusterEvents {
    let arguments = ["get", "events", "--field-selector", "type=Warning"]
    return ClusterEvents((try? await kubectl.objects("read events", arguments)) ?? [])
  }

  /// Whether all are done.
  private func settle(
    _ ids: [KubernetesObject.ID], _ snapshot: RolloutSnapshot, _ memory: inout Memory
  ) async throws -> Bool {
    if memory.restarts == nil { memory.restarts = restarts(ids, snapshot) }
    var isDone = true
    for id in ids {
      guard var state = snapshot.state(id) else {
        throw RolloutFailure(workload: id.name, reason: "\(id) is gone: somebody else has deleted it")
      }
      if !state.isDone {
        isDone = false
        let trouble = Self.clearer(snapshot.trouble(id, memory.events), than: memory.troubles[id])
        memory.troubles[id] = trouble
        state.reason = trouble.map { mask.relayed($0.text) }
        try await judge(id, trouble, &memory)
        for pod in snapshot.leftovers(of: id) { try await replace(pod, of: id) }
      }
      if state != memory.reported[id] {
        memory.reported[id] = state
        report(.workload(state))
      }
    }
    return isDone
  }

  /// The same trouble may be told with fewer words the next time, or of another pod: it stays what it was.
  private static func clearer(
    _ trouble: RolloutSnapshot.Trouble?, than last: RolloutSnapshot.Trouble?
  ) -> RolloutSnapshot.Trouble? {
    guard let trouble, let last, trouble.key == last.key, trouble.pod?.restarts == last.pod?.restarts,
      trouble.text.count <= last.text.count
    else { return trouble }
    return last
  }

  /// By pod and container.
  private func restarts(_ ids: [KubernetesObject.ID], _ snapshot: RolloutSnapshot) -> [String: Int] {
    var counts: [String: Int] = [:]
    for pod in ids.flatMap({ snapshot.pods(of: $0) }) {
      let status = pod["status"]
      let containers = ["initContainerStatuses", "containerStatuses"].flatMap { status?[$0]?.items ?? [] }
      for container in containers {
        let name = "\(pod["metadata"]?["name"]?.textValue ?? "")/\(container["name"]?.textValue ?? "")"
        counts[name] = container["restartCount"]?.integerValue
      }
    }
    return counts
  }

  private func judge(
    _ id: KubernetesObject.ID, _ trouble: RolloutSnapshot.Trouble?, _ memory: inout Memory
  ) async throws {
    guard let trouble else {
      memory.since[id] = nil
      return
    }
    let now = clock.now()
    if memory.since[id]?.key != trouble.key { memory.since[id] = (trouble.key, now, trouble.patience) }
    var patience = [memory.since[id]?.patience, trouble.patience].compactMap { $0 }.min()
    if let pod = trouble.pod, pod.kind == .crash, id.kind != "Job" {
      let more = pod.restarts - (memory.restarts?["\(pod.pod)/\(pod.container ?? "")"] ?? 0)
      if more >= Self.crashes - 1 { patience = 0 }
    }
    memory.since[id]?.patience = patience
    guard let patience, now - (memory.since[id]?.time ?? now) >= patience else { return }
    throw await failure(id, trouble)
  }

  private func failure(
    _ id: KubernetesObject.ID, _ trouble: RolloutSnapshot.Trouble, after: String = ""
  ) async -> RolloutFailure {
    let log = await trouble.pod.asyncFlatMap { await self.log(of: $0) } ?? []
    return RolloutFailure(workload: id.name, reason: after + mask.relayed(trouble.text), details: log)
  }

  private func tooLate(_ ids: [KubernetesObject.ID], _ memory: Memory) async -> RolloutFailure {
    let prefix = "not ready after \(Int(timeout)) s"
    for id in ids {
      if let trouble = memory.troubles[id] { return await failure(id, trouble, after: "\(prefix): ") }
    }
    let late = ids.first { !(memory.reported[$0]?.isDone ?? false) }
    return RolloutFailure(workload: late?.name, reason: prefix)
  }

  /// The last lines of a container, of one that ended as well; of the one before it where it printed nothing.
  private func log(of trouble: PodTrouble) async -> [String] {
    guard trouble.hasLog, let container = trouble.container else { return [] }
    let arguments = ["logs", trouble.pod, "--container", container, "--tail", String(Self.logLines)]
    for more in trouble.restarts > 0 ? [[], ["--previous"]] : [[]] {
      guard let answer = try? await kubectl.outcome(arguments + more), answer.isSuccess else { continue }
      let lines = answer.output.split(separator: "\n").suffix(Self.logLines)
        .filter { !$0.hasPrefix("unable to retrieve container logs for ") }
      if !lines.isEmpty { return lines.map { mask.relayed(String($0)) } }
    }
    return []
  }

  private func replace(_ pod: String, of id: KubernetesObject.ID) async throws {
    report(.note("\(id.name): pod \(pod) of an earlier version never became ready and is replaced"))
    try await kubectl.output("replace pod \(pod)", ["delete", "pod", pod, "--ignore-not-found", "--wait=false"])
  }
}

extension Optional {
  fileprivate func asyncFlatMap<Value>(_ body: (Wrapped) async -> Value?) async -> Value? {
    guard let self else { return nil }
    return await body(self)
  }
}
