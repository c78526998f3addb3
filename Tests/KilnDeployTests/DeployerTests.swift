import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnKubernetes
import KilnProcesses
import Synchronization
import SystemPackage
import Testing

@testable import KilnDeploy

/// Deployments as a whole, to a cluster that a test makes up.
struct DeployerTests {
  static let token = "secret-canary-1"

  /// A cluster, and what is told of deployments to it.
  struct Stand {
    let cluster: FakeCluster
    let events = RecordedEvents()
    let time = FakeClock()

    init(_ status: @escaping @Sendable (KubernetesObject) -> DocumentValue? = { _ in nil }) {
      cluster = FakeCluster(status)
    }

    func deployer(_ environment: [String: String] = ["TOKEN": DeployerTests.token], adopt: Bool = false) -> Deployer {
      var options = DeployOptions(deployer: "kim@here")
      options.timeout = 60
      options.lockTimeout = 60
      options.adopt = adopt
      let events = events
      let context = CommandContext(
        environment: environment, folder: "/", console: Console(color: false, isTerminal: false) { _, _ in },
        processes: cluster)
      return Deployer(context, options, clock: time.clock) { events.add($0) }
    }

    @discardableResult
    func deploy(
      _ release: SampleRelease = SampleRelease(), token: String = DeployerTests.token
    ) async throws -> DeployOutcome { try await deployer(["TOKEN": token]).deploy(release.plan) }

    func problem(_ body: () async throws -> DeployOutcome) async -> Diagnostic? {
      do {
        _ = try await body()
        Issue.record("it should have failed")
      } catch let error as any CommandErrorConvertible {
        return error.commandError.diagnostics.first
      } catch { Issue.record("\(error)") }
      return nil
    }

    func seal() throws -> ReleaseSeal { try #require(ReleaseSeal(cluster.object("Secret", "kiln-release-key"))) }

    func record(_ number: Int) throws -> StoredRelease {
      try #require(cluster.object("ConfigMap", "kiln-release-\(number)").flatMap(StoredRelease.init(configMap:)))
    }
  }

  @Test func theFirstReleaseIsAppliedInItsOrder() async throws {
    let stand = Stand()
    let outcome = try await stand.deploy()
    #expect(outcome.record.number == 1 && outcome.record.outcome == .deployed && !outcome.isUnchanged)
    #expect(
      stand.cluster.changes.map { $0.split(separator: " ").first.map(String.init) ?? "" }
        == [
          // rights, namespace, lock, key, record; foundation, store, job and its record, apps; record and lock at the end
          "create", "apply", "create", "create", "create", "apply", "apply", "apply", "replace", "apply", "replace",
          "replace",
        ])
    let kinds = stand.cluster.state.withLock { state in
      zip(state.calls, state.inputs).filter { $0.0.hasPrefix("apply") && !$0.0.contains("dry-run") }.map { _, input in
        (try? JSONReader.read(input))?["items"]?.items.compactMap { $0["kind"]?.textValue } ?? []
      }
    }
    #expect(
      kinds == [
        ["Namespace"], ["Secret", "ConfigMap", "Service", "Service"], ["StatefulSet"], ["Job"],
        ["Deployment", "PodDisruptionBudget", "CronJob"],
      ])
    #expect(stand.cluster.object("Namespace", "acme-qa")?["metadata"]?["labels"]?["kiln.io/stage"] == "qa")
    let care = try #require(stand.cluster.object("Deployment", "care"))
    #expect(care.canonicalText.contains(#""name": "care-secrets-r1""#))
    #expect(stand.cluster.object("Secret", "care-secrets-r1")?["immutable"] == true)
    #expect(try stand.record(1).record.secrets == ["care-secrets": "care-secrets-r1"])
    #expect(stand.cluster.object("Lease", "kiln-deploy")?["spec"]?["holderIdentity"] == "")
  }

  @Test func noSecretIsInArgumentsRecordsOrWords() async throws {
    let stand = Stand()
    try await stand.deploy()
    let encoded = "c2VjcmV0LWNhbmFyeS0x"
    for secret in [Self.token, encoded] {
      #expect(!stand.cluster.calls.joined().contains(secret) && !stand.events.text.contains(secret))
      for name in stand.cluster.names("ConfigMap") {
        #expect(stand.cluster.object("ConfigMap", name)?.canonicalText.contains(secret) == false)
      }
    }
    #expect(stand.cluster.inputs.contains(encoded))
  }

  @Test func whatIsThereIsNotTouched() async throws {
    let stand = Stand()
    try await stand.deploy()
    let before = stand.cluster.calls.count
    let outcome = try await stand.deploy()
    #expect(outcome.isUnchanged && outcome.record.number == 1)
    #expect(stand.cluster.calls.dropFirst(before).map { String($0.prefix(14)) } == ["get configmap,"])
    #expect(stand.events.lines.last == "nothing has changed since release 1")
  }

  /// Whatever differs makes a release.
  @Test func anyDifferenceMakesARelease() async throws {
    let stand = Stand()
    try await stand.deploy()
    var image = SampleRelease()
    image.image = "other:1"
    #expect(try await stand.deploy(image).record.number == 2)
    #expect(try await stand.deploy(image, token: "another").record.secrets == ["care-secrets": "care-secrets-r3"])
    #expect(stand.cluster.names("Secret") == ["care-secrets-r1", "care-secrets-r3", "kiln-release-key"])
    var job = image
    job.migration = "echo"
    #expect(try await stand.deploy(job, token: "another").record.number == 4)
    // Somebody has changed it by hand.
    var document = try #require(stand.cluster.object("Deployment", "care")?.members)
    document["spec"] = .map((document["spec"]?.members ?? [:]).with("replicas", 7))
    stand.cluster.put(.map(document))
    #expect(try await stand.deploy(job, token: "another").record.number == 5)
    #expect(try await stand.deploy(job, token: "another").isUnchanged)
  }

  @Test func jobsRunOnceForWhatTheyRunWith() async throws {
    let stand = Stand()
    try await stand.deploy()
    var next = SampleRelease()
    next.version = "2"
    let second = try await stand.deploy(next)
    #expect(stand.events.lines.count { $0 == "job care-migrate" } == 1)
    #expect(second.removed.map(\.description) == ["configmap/care-config-1", "job/care-migrate-r1"])
    try await stand.deploy(next, token: "another")
    #expect(stand.cluster.names("Job") == ["care-migrate-r3"])
  }

  @Test func whatIsNoLongerWantedIsRemoved() async throws {
    let stand = Stand()
    try await stand.deploy()
    stand.cluster.put(
      ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "care-config-0", "labels": [:]]])
    var next = SampleRelease()
    next.version = "2"
    next.hasSchedule = false
    let outcome = try await stand.deploy(next)
    #expect(
      outcome.removed.map(\.description) == ["configmap/care-config-1", "cronjob/care-nightly", "job/care-migrate-r1"])
    #expect(stand.cluster.names("ConfigMap").contains("care-config-0"))
    #expect(stand.cluster.names("CronJob") == [])
  }

  @Test func whatWouldChangeIsSaidWithoutChangingIt() async throws {
    let stand = Stand()
    let first = try await stand.deployer().preview(SampleRelease().plan)
    #expect(first.lines.contains("+ deployment/care") && first.jobs == ["care-migrate"])
    try await stand.deploy()
    #expect(try await stand.deployer().preview(SampleRelease().plan).isEmpty)
    var next = SampleRelease()
    next.version = "2"
    next.replicas = 3
    next.hasSchedule = false
    let before = stand.cluster.changes
    let preview = try await stand.deployer(["TOKEN": "another"]).preview(next.plan)
    #expect(
      preview.lines == [
        "- configmap/care-config-1", "+ configmap/care-config-2", "- cronjob/care-nightly",
        "~ deployment/care: spec.replicas, spec.template.spec.containers[0].env[2].valueFrom.secretKeyRef.name, spec.template.spec.containers[0].envFrom[0].configMapRef.name",
        "+ secret/care-secrets-r2",
      ])
    #expect(preview.restarts == ["care"] && preview.jobs == ["care-migrate"] && stand.cluster.changes == before)
  }

  @Test func claimsAreNeverRemoved() async throws {
    let stand = Stand()
    var release = SampleRelease()
    release.extra = [
      KubernetesObject(
        "v1", "PersistentVolumeClaim", "uploads", namespace: "acme-qa", ["spec": ["accessModes": ["ReadWriteOnce"]]])
    ]
    try await stand.deploy(release)
    release.extra = []
    try await stand.deploy(release)
    #expect(stand.cluster.names("PersistentVolumeClaim") == ["uploads"])
  }

  @Test func tenReleasesAreRememberedAndTheLastGoodOne() async throws {
    let stand = Stand()
    for number in 1...12 {
      var release = SampleRelease()
      release.version = String(number)
      try await stand.deploy(release)
    }
    let names = stand.cluster.names("ConfigMap").filter { $0.hasPrefix("kiln-release") }
    #expect(Set(names) == Set((3...12).map { "kiln-release-\($0)" }))
    #expect(try stand.record(12).record.changes == ["- apps.care.version = 11", "+ apps.care.version = 12"])
  }

  @Test func anEarlierReleaseComesBackWithoutItsWorkspace() async throws {
    let stand = Stand()
    try await stand.deploy()
    var next = SampleRelease()
    next.version = "2"
    next.migration = "echo 2"
    try await stand.deploy(next, token: "another")
    let back = try await stand.deployer([:]).rollback(to: nil, cluster: "c", context: "test", namespace: "acme-qa")
    #expect(back.record.origin == "1" && back.record.number == 3 && back.record.commit == "c1")
    #expect(stand.events.lines.count { $0 == "job care-migrate" } == 2)
    #expect(stand.cluster.object("Deployment", "care")?.canonicalText.contains("care-secrets-r1") == true)
    #expect(stand.cluster.names("ConfigMap").filter { $0.hasPrefix("care") } == ["care-config-1"])

    let unknown = await stand.problem {
      try await stand.deployer([:]).rollback(to: 9, cluster: "c", context: "test", namespace: "acme-qa")
    }
    #expect(unknown?.message == "namespace acme-qa remembers no release 9")
    #expect(unknown?.suggestion == "releases that succeeded: 1, 2 and 3")
    stand.cluster.state.withLock { $0.objects[SecretValues.id("care-secrets-r2")] = nil }
    let gone = await stand.problem {
      try await stand.deployer([:]).rollback(to: 2, cluster: "c", context: "test", namespace: "acme-qa")
    }
    #expect(gone?.id == "deploy.no-release" && gone?.message.contains("care-secrets-r2") == true)
  }

  @Test func aDeploymentThatWasKilledIsSaidAndCleanedUp() async throws {
    let stand = Stand()
    try await stand.deploy()
    // As the second leaves it: its record and its objects, and a Lease that nobody renews.
    var record = try stand.record(1)
    record.record.number = 2
    record.record.outcome = .deploying
    let left = KubernetesObject("v1", "ConfigMap", "care-config-2", namespace: "acme-qa", [:]).labelled(Labels.own)
    record.objects = [left]
    stand.cluster.put(.map(try record.configMap(stand.seal()).document))
    stand.cluster.put(.map(left.document))
    stand.cluster.put([
      "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
      "metadata": ["name": "kiln-deploy", "resourceVersion": "9"],
      "spec": [
        "holderIdentity": "lee@there 7-x", "leaseDurationSeconds": 30, "acquireTime": "2027-01-15T07:59:00.000000Z",
        "renewTime": "2027-01-15T08:00:00.000000Z",
      ],
    ])
    let outcome = try await stand.deploy()
    #expect(outcome.record.number == 3 && outcome.removed.map(\.description).contains("configmap/care-config-2"))
    #expect(try stand.record(2).record.outcome == .interrupted)
    #expect(stand.events.text.contains("waiting for lee@there 7-x, who deploys here since 2027-01-15T07:59:00Z"))
    #expect(stand.events.text.contains("release 2 was interrupted"))
  }
}
