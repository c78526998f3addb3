import KilnDocuments
import KilnKubernetes
import Testing

@testable import KilnDeploy

/// Why a workload is not ready: what the cluster says of it, in one line.
struct RolloutSnapshotTests {
  private static let care = KubernetesObject.ID(group: "apps", kind: "Deployment", name: "care")
  private static let store = KubernetesObject.ID(group: "apps", kind: "StatefulSet", name: "store")

  private static func pod(_ status: DocumentValue, owner: String = "rs", revision: String = "2") -> DocumentValue {
    [
      "kind": "Pod", "apiVersion": "v1",
      "metadata": [
        "name": "care-x", "uid": "pod", "ownerReferences": [["uid": .string(owner)]],
        "labels": ["controller-revision-hash": .string(revision)],
      ],
      "status": status,
    ]
  }

  private static func deployment(_ conditions: [DocumentValue] = []) -> [DocumentValue] {
    let revision: DocumentValue = ["deployment.kubernetes.io/revision": "2"]
    return [
      [
        "kind": "Deployment", "apiVersion": "apps/v1",
        "metadata": ["name": "care", "uid": "deployment", "annotations": revision],
        "status": ["conditions": .list(conditions)],
      ],
      [
        "kind": "ReplicaSet", "apiVersion": "apps/v1",
        "metadata": [
          "name": "care-2", "uid": "rs", "annotations": revision, "ownerReferences": [["uid": "deployment"]],
        ],
      ],
      [
        "kind": "ReplicaSet", "apiVersion": "apps/v1",
        "metadata": [
          "name": "care-1", "uid": "old", "annotations": ["deployment.kubernetes.io/revision": "1"],
          "ownerReferences": [["uid": "deployment"]],
        ],
      ],
    ]
  }

  private static func waiting(_ reason: String, _ message: String, restarts: Int = 0) -> DocumentValue {
    [
      "containerStatuses": [
        [
          "name": "care", "image": "r/care:1", "restartCount": .integer(restarts),
          "state": ["waiting": ["reason": .string(reason), "message": .string(message)]],
          "lastState": ["terminated": ["exitCode": 137, "reason": "OOMKilled"]],
        ]
      ]
    ]
  }

  private static func event(_ uid: String, _ reason: String, _ message: String) -> DocumentValue {
    [
      "involvedObject": ["uid": .string(uid)], "reason": .string(reason), "message": .string(message),
      "lastTimestamp": "2027-01-01T00:00:00Z",
    ]
  }

  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let documents: [DocumentValue]
    var events: [DocumentValue] = []
    let patience: Double?
  }

  private static let running: DocumentValue = [
    "containerStatuses": [["name": "care", "restartCount": 0, "ready": false, "state": ["running": [:]]]]
  ]

  @Test(
    arguments: [
      Case(
        description: "image r/care:1 cannot be pulled: manifest unknown",
        documents: [
          pod(waiting("ErrImagePull", "rpc error: code = Unknown desc = Error response from daemon: manifest unknown"))
        ],
        patience: 10),
      Case(
        description: "image r/care:1 cannot be pulled: connection reset",
        documents: [pod(waiting("ImagePullBackOff", "Back-off pulling image"))],
        events: [
          event("pod", "Failed", "Failed to pull image \"r/care:1\": rpc error: code = Unknown desc = connection reset")
        ],
        patience: 60),
      Case(
        description: "container care cannot be started: secret \"x\" not found",
        documents: [pod(waiting("CreateContainerConfigError", "secret \"x\" not found"))], patience: 30),
      Case(
        description: "container care ended with 137 (OOMKilled), 2 restarts",
        documents: [pod(waiting("CrashLoopBackOff", "back-off", restarts: 2))], patience: nil),
      Case(
        description: "init container setup ended with 3",
        documents: [
          pod([
            "initContainerStatuses": [
              ["name": "setup", "restartCount": 0, "state": ["terminated": ["exitCode": 3, "reason": "Error"]]]
            ]
          ])
        ],
        patience: nil),
      Case(
        description: "pod care-x fits on no node: 0/3 nodes are available: 3 Insufficient memory.",
        documents: [
          pod([
            "conditions": [
              [
                "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                "message": "0/3 nodes are available: 3 Insufficient memory.",
              ]
            ]
          ])
        ],
        patience: nil),
      Case(
        description: "pod care-x runs and is not ready: Readiness probe failed: HTTP probe failed with statuscode: 500",
        documents: [pod(running)],
        events: [event("pod", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500")],
        patience: nil),
      Case(
        description: "pod care-x cannot be started: configmap \"x\" not found", documents: [pod([:])],
        events: [event("pod", "FailedMount", "configmap \"x\" not found")], patience: nil),
      Case(
        description: "its pods cannot be created: pods \"x\" is forbidden: exceeded quota: q", documents: [],
        events: [event("rs", "FailedCreate", "pods \"x\" is forbidden: exceeded quota: q")], patience: 15),
    ])
  func aReasonIsOneLine(_ example: Case) {
    let snapshot = RolloutSnapshot(Self.deployment() + example.documents)
    let trouble = snapshot.trouble(Self.care, ClusterEvents(example.events))
    #expect(trouble?.text == example.description && trouble?.patience == example.patience)
  }

  @Test func onlyTheNewestVersionsPodsCount() {
    let old = Self.pod(Self.waiting("CrashLoopBackOff", ""), owner: "old")
    #expect(RolloutSnapshot(Self.deployment() + [old]).trouble(Self.care, ClusterEvents()) == nil)
  }

  @Test func noProgressIsCertain() {
    let conditions: [DocumentValue] = [
      ["type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "it has timed out"]
    ]
    let trouble = RolloutSnapshot(Self.deployment(conditions)).trouble(Self.care, ClusterEvents())
    #expect(trouble?.text == "it has timed out" && trouble?.patience == 5)
  }

  /// A StatefulSet waits forever for a pod of an earlier version that does not start.
  @Test func aPodThatAStatefulSetIsStuckOnIsFound() {
    let store: DocumentValue = [
      "kind": "StatefulSet", "apiVersion": "apps/v1", "metadata": ["name": "store", "uid": "store", "generation": 3],
      "status": ["observedGeneration": 3, "updateRevision": "3", "currentRevision": "1"],
    ]
    let broken = Self.pod(Self.waiting("CrashLoopBackOff", ""), owner: "store")
    #expect(RolloutSnapshot([store, broken]).leftovers(of: Self.store) == ["care-x"])
    let well = Self.pod(["conditions": [["type": "Ready", "status": "True"]]], owner: "store")
    #expect(RolloutSnapshot([store, well]).leftovers(of: Self.store) == [])
    let new = Self.pod(Self.waiting("CrashLoopBackOff", ""), owner: "store", revision: "3")
    #expect(RolloutSnapshot([store, new]).leftovers(of: Self.store) == [])
  }

  @Test func aScheduleIsAsItsLastRunThatEnded() {
    func job(_ name: String, at time: String, _ end: String?) -> DocumentValue {
      [
        "kind": "Job", "apiVersion": "batch/v1",
        "metadata": [
          "name": .string(name), "creationTimestamp": .string(time),
          "ownerReferences": [["kind": "CronJob", "name": "care-digest"]],
        ],
        "status": [
          "conditions": .list(end.map { [["type": .string($0), "status": "True", "message": "it ended"]] } ?? [])
        ],
      ]
    }
    let schedule: DocumentValue = [
      "kind": "CronJob", "apiVersion": "batch/v1",
      "metadata": ["name": "care-digest", "labels": ["app.kubernetes.io/managed-by": "kiln"]],
    ]
    let well = job("care-digest-1", at: "2026-11-27T00:01:00Z", "Complete")
    let bad = job("care-digest-2", at: "2026-11-27T00:02:00Z", "Failed")
    let running = job("care-digest-3", at: "2026-11-27T00:03:00Z", nil)
    #expect(FailedSchedule.all(among: [schedule, well]).isEmpty)
    let failed = FailedSchedule.all(among: [bad, running, well, schedule])
    #expect(failed.map(\.state.line) == ["care-digest: the last run failed: job care-digest-2: it ended"])
    #expect(FailedSchedule.all(among: [schedule, bad, job("x", at: "2026-11-27T00:04:00Z", "Complete")]).isEmpty)
  }

  @Test func aClaimThatIsPendingIsTheReason() {
    let documents: [DocumentValue] = [
      [
        "kind": "StatefulSet", "apiVersion": "apps/v1", "metadata": ["name": "store", "uid": "store"],
        "spec": ["volumeClaimTemplates": [["metadata": ["name": "data"]]]], "status": [:],
      ],
      // Another's is no reason.
      [
        "kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": ["name": "data-cache-0", "uid": "cache"],
        "status": ["phase": "Pending"],
      ],
      [
        "kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": ["name": "data-store-0", "uid": "claim"],
        "status": ["phase": "Pending"],
      ],
    ]
    let events = ClusterEvents([Self.event("claim", "ProvisioningFailed", "no class \"fast\"")])
    #expect(
      RolloutSnapshot(documents).trouble(Self.store, events)?.text
        == "claim data-store-0 is pending: no class \"fast\"")
  }

  @Test(
    arguments: [
      ("Deployment", ["observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2], true),
      ("Deployment", ["observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2], false),
      ("Deployment", ["observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 3], false),
      ("StatefulSet", ["observedGeneration": 2, "replicas": 2, "readyReplicas": 2], true),
      ("StatefulSet", ["observedGeneration": 2, "replicas": 2, "readyReplicas": 1], false),
      (
        "DaemonSet",
        ["observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2], true
      ),
    ] as [(String, DocumentMap, Bool)])
  func aWorkloadIsDoneWhenOnlyItsNewestVersionRuns(_ kind: String, _ status: DocumentMap, _ isDone: Bool) {
    let state = WorkloadState([
      "kind": .string(kind), "apiVersion": "apps/v1", "metadata": ["name": "care", "generation": 2],
      "spec": ["replicas": 2], "status": .map(status),
    ])
    #expect(state?.isDone == isDone)
  }
}
