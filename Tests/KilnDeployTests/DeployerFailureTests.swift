import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnKubernetes
import Synchronization
import Testing

@testable import KilnDeploy

/// What goes wrong: before anything is changed, or on the way, and what is there afterwards.
struct DeployerFailureTests {
  typealias Stand = DeployerTests.Stand

  /// A Deployment whose second version never is ready.
  private static func stuck(_ object: KubernetesObject) -> DocumentValue? {
    guard object.kind == "Deployment", object.document["spec"]?.canonicalText.contains("care-config-2") == true else {
      return nil
    }
    return ["replicas": 3, "updatedReplicas": 1, "availableReplicas": 2]
  }

  private static var next: SampleRelease {
    var next = SampleRelease()
    next.version = "2"
    next.store = "2"
    return next
  }

  @Test func whatIsNotReadyInTimeIsTakenBack() async throws {
    let stand = Stand(Self.stuck)
    try await stand.deploy()
    let problem = await stand.problem { try await stand.deploy(Self.next) }
    #expect(problem?.id == "deploy.failed")
    #expect(problem?.message == "release 2 of acme (qa) failed: care: not ready after 60 s")
    #expect(problem?.suggestion == "release 1 is back and runs")
    let record = try stand.record(2).record
    #expect(record.outcome == .rolledBack && record.workload == "care" && record.reason == "not ready after 60 s")
    #expect(stand.cluster.object("StatefulSet", "store")?.canonicalText.contains(#""value": "1""#) == true)
    #expect(stand.cluster.names("ConfigMap").filter { $0.hasPrefix("care") } == ["care-config-1"])
    #expect(stand.cluster.object("Lease", "kiln-deploy")?["spec"]?["holderIdentity"] == "")
    // It ran, and need not run again; the release before is deployed once more as a new one.
    let again = try await stand.deploy()
    #expect(again.record.number == 3 && !again.isUnchanged)
  }

  @Test func withoutAReleaseBeforeWhatWasMadeStays() async throws {
    let stand = Stand(Self.stuck)
    let problem = await stand.problem { try await stand.deploy(Self.next) }
    #expect(problem?.suggestion?.hasPrefix("there is no release to go back to; what was made is still there") == true)
    #expect(try stand.record(1).record.outcome == .failed)
    #expect(stand.cluster.names("Deployment") == ["care"])
  }

  @Test func aCrashIsCertainAfterThreeTimes() async throws {
    let stand = Stand(Self.stuck)
    try await stand.deploy()
    stand.cluster.state.withLock { state in
      state.log = "cannot reach store\nwith \(DeployerTests.token)\n"
      state.attendants = [
        [
          "kind": "ReplicaSet", "apiVersion": "apps/v1",
          "metadata": ["name": "care-2", "uid": "rs", "ownerReferences": [["uid": "deployment/care"]]],
        ],
        [
          "kind": "Pod", "apiVersion": "v1",
          "metadata": ["name": "care-2-x", "uid": "p", "ownerReferences": [["uid": "rs"]]],
          "status": [
            "containerStatuses": [
              [
                "name": "care", "restartCount": 2, "ready": false, "image": "care",
                "state": ["waiting": ["reason": "CrashLoopBackOff", "message": "back-off"]],
                "lastState": ["terminated": ["exitCode": 4, "reason": "Error"]],
              ]
            ]
          ],
        ],
      ]
    }
    // Those that it had when the wait began do not count: the first look only sees it.
    let watch = RolloutWatch(
      kubectl: Kubectl(context: "test", namespace: "acme-qa", stand.cluster), mask: .init([DeployerTests.token]),
      clock: stand.time.clock, timeout: 5, report: { _ in }, check: {})
    stand.cluster.put([
      "kind": "Deployment", "apiVersion": "apps/v1", "metadata": ["name": "care", "uid": "deployment/care"],
      "status": [:],
    ])
    let id = KubernetesObject.ID(group: "apps", kind: "Deployment", name: "care")
    await #expect(
      throws: RolloutFailure(
        workload: "care", reason: "not ready after 5 s: container care ended with 4, 2 restarts",
        details: ["cannot reach store", "with ***"])
    ) { try await watch.wait(for: [id]) }
  }

  @Test func aJobThatFailsLeavesTheRunningVersion() async throws {
    let stand = Stand { object in
      guard object.kind == "Job", object.document["spec"]?.canonicalText.contains("exit 3") == true else { return nil }
      return ["failed": 1, "conditions": [["type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"]]]
    }
    try await stand.deploy()
    let deployment = stand.cluster.object("Deployment", "care")
    var next = Self.next
    next.migration = "exit 3"
    let problem = await stand.problem { try await stand.deploy(next) }
    #expect(problem?.message == "release 2 of acme (qa) failed: care-migrate-r2: BackoffLimitExceeded")
    let after = stand.cluster.object("Deployment", "care")
    #expect(deployment?["spec"] == after?["spec"])
    #expect(stand.cluster.object("StatefulSet", "store")?.canonicalText.contains(#""value": "1""#) == true)
    #expect(stand.cluster.names("Job") == ["care-migrate-r1"])
    #expect(try stand.record(2).record.jobs == stand.record(1).record.jobs)
  }

  @Test func aPageThatDoesNotAnswerIsTakenBack() async throws {
    let stand = Stand()
    try await stand.deploy()
    stand.cluster.state.withLock { $0.page = "oops <b>\n500" }
    let problem = await stand.problem { try await stand.deploy(Self.next) }
    #expect(problem?.message == "release 2 of acme (qa) failed: care: / answers 500, not 200: oops <b>")
    #expect(problem?.suggestion == "release 1 is back and runs")
  }

  @Test(
    arguments: [
      (nil, "namespace acme-qa is there, and Kiln has not made it"),
      ("globex", "namespace acme-qa belongs to globex (qa), not to acme (qa)"),
    ] as [(String?, String)])
  func aNamespaceOfOthersIsRefused(_ owner: String?, _ message: String) async throws {
    let stand = Stand()
    var labels: DocumentMap = [:]
    if let owner { labels = Labels.of(customer: owner, stage: "qa") }
    stand.cluster.put(
      ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "acme-qa", "labels": .map(labels)]])
    let problem = await stand.problem { try await stand.deploy() }
    #expect(problem?.id == "deploy.namespace" && problem?.message == message)
    #expect(stand.cluster.changes == [])
    guard owner == nil else { return }
    let outcome = try await stand.deployer(adopt: true).deploy(SampleRelease().plan)
    #expect(outcome.record.number == 1)
    #expect(stand.cluster.object("Namespace", "acme-qa")?["metadata"]?["labels"]?["kiln.io/customer"] == "acme")
  }

  @Test func allSecretsThatAreMissingAreSaidAtOnce() async throws {
    let stand = Stand()
    let plan = SampleRelease().plan
    let more = ReleasePlan(
      customer: "acme", stage: "qa", cluster: "c", context: "test", namespace: "acme-qa", objects: plan.objects,
      jobs: [],
      secrets: [
        .init(name: "care-secrets", entries: [.init(key: "a", variable: "A"), .init(key: "b", variable: "B")]),
        .init(name: "web-secrets", entries: [.init(key: "c", variable: "C")]),
      ], images: [:], pages: [], specDigest: "", commit: nil, author: nil, settings: [])
    let problem = await stand.problem { try await stand.deployer(["B": "", "C": "x"]).deploy(more) }
    #expect(problem?.id == "deploy.secret" && problem?.message == "2 variables with secrets cannot be read")
    #expect(
      problem?.details == [
        "A is not set (a of care-secrets)", "B is empty (b of care-secrets)",
      ])
    #expect(stand.cluster.changes == [])
  }

  @Test func rightsThatAreMissingAreSaidAtOnce() async throws {
    let stand = Stand()
    stand.cluster.state.withLock {
      $0.rules = """
        {"resourceRules": [{"verbs": ["get", "list"], "apiGroups": ["*"], "resources": ["*"]},
          {"verbs": ["*"], "apiGroups": ["", "apps", "batch", "policy"], "resources": ["*"]}]}
        """
    }
    let problem = await stand.problem { try await stand.deploy() }
    #expect(problem?.id == "deploy.forbidden")
    #expect(problem?.details == ["leases.coordination.k8s.io: create, update"])
    stand.cluster.state.withLock { $0.rules = #"{"resourceRules": [], "incomplete": true}"# }
    #expect(try await stand.deploy().record.number == 1)
  }

  @Test func aFieldThatCannotChangeIsSaidBeforeAnythingIs() async throws {
    let stand = Stand()
    try await stand.deploy()
    stand.cluster.answer(
      "dry-run=server",
      error: """
        The StatefulSet "store" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'template', and 'updateStrategy' are forbidden
        """)
    let before = stand.cluster.changes.count
    let plan = Self.next.plan
    let changed = plan.with(
      objects: plan.objects.map { object in
        guard object.kind == "StatefulSet", let spec = object.document["spec"]?.members else { return object }
        return KubernetesObject(document: object.document.with("spec", .map(spec.with("serviceName", "x")))) ?? object
      })
    let problem = await stand.problem { try await stand.deployer().deploy(changed) }
    #expect(
      problem?.message == "statefulset/store in namespace acme-qa cannot be changed in place: spec.serviceName")
    #expect(
      problem?.suggestion
        == "`kubectl --context test --namespace acme-qa delete statefulset store --cascade=orphan`, then deploy again: pods and claims stay and are taken over"
    )
    // Rights have been asked for; nothing has been changed.
    #expect(stand.cluster.changes.dropFirst(before).map { $0 } == ["create --filename - --output json"])
  }

  @Test func aReleaseThatCannotBeRememberedIsRefused() async throws {
    let stand = Stand()
    var release = SampleRelease()
    release.extra = [
      KubernetesObject(
        "v1", "ConfigMap", "large", namespace: "acme-qa",
        ["data": ["text": .string(String(repeating: "x", count: 1_000_000))]])
    ]
    let problem = await stand.problem { try await stand.deploy(release) }
    #expect(problem?.id == "deploy.too-large" && stand.cluster.names("ConfigMap") == [])
  }

  @Test func aKindThatIsNotServedIsSaidBeforeAnythingIs() async throws {
    let stand = Stand()
    stand.cluster.answer(
      "servicemonitor.", error: "error: the server doesn't have a resource type \"servicemonitor\"")
    var release = SampleRelease()
    release.extra = [KubernetesObject("monitoring.coreos.com/v1", "ServiceMonitor", "care", namespace: "acme-qa", [:])]
    let problem = await stand.problem { try await stand.deploy(release) }
    #expect(problem?.id == "deploy.version")
    #expect(problem?.details == ["servicemonitor/care needs monitoring.coreos.com/v1"])
  }

  @Test func aMissingContextNamesThoseThatAreThere() async throws {
    let stand = Stand()
    stand.cluster.answer(
      "get", error: "Error in configuration: context was not found for specified context: test")
    stand.cluster.answer("config", output: "prod\nother\n", code: 0)
    stand.cluster.answer(
      "api-versions", error: "Error in configuration: context was not found for specified context: test")
    let problem = await stand.problem { try await stand.deploy() }
    #expect(problem?.id == "deploy.context" && problem?.message == "the kubeconfig has no context test")
  }
}
