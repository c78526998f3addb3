import Foundation
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnKubernetes
import KilnProcesses
import KilnTesting
import Synchronization
import SystemPackage
import Testing

@testable import KilnDeploy

/// Deployments to a real cluster: `KILN_CLUSTER` names its kube context. Namespaces are made and removed.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["KILN_CLUSTER"] != nil), .serialized)
struct ClusterTests {
  private static let canary = "canary-5f2b9c1d"

  /// A namespace of its own, and what is asked of it.
  private struct Place {
    let name = "kiln-test-\(String(UInt32.random(in: 0 ... .max), radix: 36))"
    let kubeContext = ProcessInfo.processInfo.environment["KILN_CLUSTER"] ?? ""
    let events = RecordedEvents()

    var release: SampleRelease { SampleRelease(namespace: name, context: kubeContext) }
    var kubectl: Kubectl { Kubectl(context: kubeContext, namespace: name, SystemProcesses()) }

    func context(_ token: String, _ runner: any ProcessRunner) -> CommandContext {
      CommandContext(
        environment: ["TOKEN": token, "USER": "test"], folder: "/",
        console: Console(color: false, isTerminal: false) { _, _ in }, processes: runner)
    }

    @discardableResult
    func deploy(
      _ release: SampleRelease, token: String = ClusterTests.canary, timeout: Double = 60,
      runner: any ProcessRunner = SystemProcesses()
    ) async throws -> DeployOutcome {
      var options = DeployOptions(deployer: "test@here")
      options.timeout = timeout
      let events = events
      return try await Deployer(context(token, runner), options) { event in
        events.add(event)
        if ProcessInfo.processInfo.environment["KILN_CLUSTER_VERBOSE"] != nil { print(event.line) }
      }.deploy(release.plan)
    }

    /// The error's diagnostics.
    func failure(_ body: () async throws -> DeployOutcome) async -> Diagnostic? {
      do {
        _ = try await body()
        Issue.record("it should have failed")
        return nil
      } catch let error as any CommandErrorConvertible {
        return error.commandError.diagnostics.first
      } catch {
        Issue.record("\(error)")
        return nil
      }
    }

    /// Name, creation and restarts of each pod, as text.
    func pods() async throws -> [String] {
      try await kubectl.objects("list pods", ["get", "pods"]).filter { $0["metadata"]?["deletionTimestamp"] == nil }
        .map { pod in
          let name = pod["metadata"]?["name"]?.textValue ?? ""
          let restarts = pod["status"]?["containerStatuses"]?.items.map { $0["restartCount"]?.integerValue ?? 0 }
          return "\(name) \(pod["metadata"]?["creationTimestamp"]?.textValue ?? "") \(restarts ?? [])"
        }.sorted()
    }

    func records() async throws -> [String] {
      try await ReleaseHistory.read(context: kubeContext, namespace: name, SystemProcesses()).records
        .map { "\($0.number) \($0.outcome.rawValue)" }
    }

    func names(_ kind: String) async throws -> [String] {
      try await kubectl.objects("list", ["get", kind]).compactMap { $0["metadata"]?["name"]?.textValue }.sorted()
    }

    func body() async throws -> String {
      try await kubectl.output("ask", ["get", "--raw", "/api/v1/namespaces/\(name)/services/care:80/proxy/"])
    }
  }

  private func withPlace(_ body: (Place) async throws -> Void) async throws {
    let place = Place()
    do { try await body(place) } catch {
      _ = try? await place.kubectl.outcome(["delete", "namespace", place.name, "--wait=false"])
      throw error
    }
    _ = try? await place.kubectl.outcome(["delete", "namespace", place.name, "--wait=false"])
  }

  @Test func aReleaseRunsAndASecondDeploymentChangesNothing() async throws {
    try await withPlace { place in
      let first = try await place.deploy(place.release)
      #expect(first.record.number == 1 && !first.isUnchanged)
      #expect(try await place.body() == "version 1 \(Self.canary.count)")
      let pods = try await place.pods()
      let second = try await place.deploy(place.release)
      #expect(second.isUnchanged)
      #expect(try await place.pods() == pods)
      #expect(try await place.records() == ["1 deployed"])

      // A value that somebody has changed by hand comes back.
      try await place.kubectl.output("scale", ["scale", "deployment", "care", "--replicas", "1"])
      #expect(try await !place.deploy(place.release).isUnchanged)
      #expect(try await place.deploy(place.release).isUnchanged)

      // Another version; what had the old one's name is gone, and the Secret is the same.
      var next = place.release
      next.version = "2"
      next.hasSchedule = false
      let third = try await place.deploy(next)
      #expect(
        third.record.number == 3 && third.record.changes == ["- apps.care.version = 1", "+ apps.care.version = 2"])
      #expect(try await place.body() == "version 2 \(Self.canary.count)")
      #expect(try await place.names("configmaps").filter { $0.hasPrefix("care") } == ["care-config-2"])
      #expect(try await place.names("cronjobs.batch") == [])
      #expect(try await place.names("secrets").filter { $0.hasPrefix("care") } == ["care-secrets-r1"])
      #expect(
        place.events.text.contains("job care-migrate") && place.events.lines.count { $0 == "job care-migrate" } == 1)

      // Another value restarts what reads it, and back again is another release.
      try await place.deploy(next, token: "other")
      #expect(try await place.body() == "version 2 5")
      let back = try await Deployer(place.context("", SystemProcesses()), DeployOptions(deployer: "me")) { _ in }
        .rollback(to: 1, cluster: "test", context: place.kubeContext, namespace: place.name)
      #expect(back.record.origin == "1" && back.record.number == 5)
      #expect(try await place.body() == "version 1 \(Self.canary.count)")
      #expect(try await place.records().first == "5 deployed")
      let status = try await NamespaceStatus.read(
        context: place.kubeContext, namespace: place.name, SystemProcesses())
      #expect(status.isHealthy && status.workloads.map(\.line) == ["care: 2 of 2 ready", "store: 1 of 1 ready"])
      let all = try await place.kubectl.output("read all", ["get", "all,cm,events", "--output", "yaml"])
      #expect(!all.contains(Self.canary) && !place.events.text.contains(Self.canary))
    }
  }

  @Test func whatFailsIsTakenBack() async throws {
    try await withPlace { place in
      try await place.deploy(place.release)
      let pods = try await place.pods()
      var broken = place.release
      broken.version = "2"
      broken.status = 500
      broken.store = "2"
      let problem = await place.failure { try await place.deploy(broken, timeout: 60) }
      #expect(problem?.id == "deploy.failed" && problem?.message.contains("care: not ready after 60 s") == true)
      #expect(problem?.message.contains("500") == true, "\(problem?.message ?? "")")
      #expect(problem?.suggestion == "release 1 is back and runs")
      #expect(try await place.records() == ["2 rolled-back", "1 deployed"])
      #expect(try await place.body().hasPrefix("version 1"))
      let care = { (pods: [String]) in pods.filter { $0.hasPrefix("care") && !$0.contains("migrate") } }
      #expect(try await care(place.pods()) == care(pods))
      #expect(try await place.names("configmaps").filter { $0.hasPrefix("care") } == ["care-config-1"])

      var missing = place.release
      missing.image = "127.0.0.1:5000/kiln-test/none:1"
      let pull = await place.failure { try await place.deploy(missing) }
      #expect(
        pull?.message.contains("127.0.0.1:5000/kiln-test/none:1 cannot be pulled") == true, "\(pull?.message ?? "")")

      var job = place.release
      job.migration = "echo the table $token is locked; exit 3"
      let migration = await place.failure { try await place.deploy(job) }
      #expect(migration?.message.contains("ended with 3") == true, "\(migration?.message ?? "")")
      #expect(migration?.details == ["the table *** is locked"])
      #expect(try await care(place.pods()) == care(pods))
      #expect(try await place.names("jobs.batch") == ["care-migrate-r1"])
      #expect(try await !place.deploy(place.release).isUnchanged)
      #expect(try await place.deploy(place.release).isUnchanged)
    }
  }

  @Test func aCrashIsToldWithItsLastLines() async throws {
    try await withPlace { place in
      var release = place.release
      release.extra = [
        KubernetesObject(
          "v1", "ConfigMap", "care-config-9", namespace: place.name, ["data": ["VERSION": "9", "DIE": "4"]])
      ]
      release.version = "9"
      release.hasSchedule = false
      var plan = release.plan
      plan = plan.with(objects: plan.objects.filter { $0.document["data"]?["DIE"] != nil || $0.kind != "ConfigMap" })
      let events = place.events
      let problem = await place.failure {
        try await Deployer(place.context(Self.canary, SystemProcesses()), DeployOptions(deployer: "me")) {
          events.add($0)
        }.deploy(plan)
      }
      #expect(problem?.message.contains("ended with 4") == true, "\(problem?.message ?? "")")
      #expect(problem?.details == ["it says ***"], "\(problem?.details ?? [])")
      #expect(problem?.suggestion?.contains("no release to go back to") == true)
      let records = try await place.records()
      #expect(records == ["1 failed"])
      // The next one goes on from there.
      let next = try await place.deploy(place.release)
      #expect(next.record.number == 2)
    }
  }

  @Test func whatCannotBeChangedIsSaidBeforeAnythingIs() async throws {
    try await withPlace { place in
      try await place.deploy(place.release)
      let plan = place.release.plan
      let changed = plan.with(
        objects: plan.objects.map { object in
          guard object.kind == "StatefulSet", var spec = object.document["spec"]?.members else { return object }
          spec["serviceName"] = "other"
          return KubernetesObject(document: object.document.with("spec", .map(spec))) ?? object
        })
      let problem = await place.failure {
        try await Deployer(place.context(Self.canary, SystemProcesses()), DeployOptions(deployer: "me")) { _ in }
          .deploy(changed)
      }
      #expect(problem?.id == "deploy.immutable" && problem?.message.contains("spec.serviceName") == true)
      #expect(problem?.suggestion?.contains("--cascade=orphan") == true)
      #expect(try await place.records() == ["1 deployed"])
      let missing = await place.failure { try await place.deploy(place.release, token: "") }
      #expect(missing?.id == "deploy.secret")
    }
  }

  /// Ends as if it were killed, after so many starts of programs: nothing more is done.
  private final class KilledRunner: ProcessRunner {
    private let left: Mutex<Int>
    private let real = SystemProcesses()

    init(after count: Int) { left = Mutex(count) }

    private func spend() throws {
      try left.withLock { left in
        left -= 1
        if left < 0 { throw CancellationError() }
      }
    }

    func output(_ invocation: Invocation) async throws -> Tool.Outcome {
      try spend()
      return try await real.output(invocation)
    }

    func stream(
      _ invocation: Invocation, _ body: @Sendable @escaping (UnsafeRawBufferPointer) throws -> Void
    ) async throws -> Int32 { try await real.stream(invocation, body) }

    func redirected(
      _ invocation: Invocation, input: FileDescriptor?, output: FileDescriptor?, isShielded: Bool
    ) async throws -> Tool.Outcome { throw CancellationError() }

    func attached(_ invocation: Invocation) async throws -> Int32 { throw CancellationError() }
  }

  @Test(arguments: [11, 13, 16, 19])
  func whoIsKilledLeavesNothingBehind(_ starts: Int) async throws {
    try await withPlace { place in
      try await place.deploy(place.release)
      var next = place.release
      next.version = "2"
      next.migration = "sleep 2"
      _ = try? await place.deploy(next, runner: KilledRunner(after: starts))
      var last = place.release
      last.version = "3"
      let outcome = try await place.deploy(last)
      #expect(!outcome.isUnchanged)
      #expect(try await place.body().hasPrefix("version 3"))
      #expect(try await place.names("configmaps").filter { $0.hasPrefix("care") } == ["care-config-3"])
      #expect(try await place.deploy(last).isUnchanged)
      let lease = try await place.kubectl.object("read", "lease.coordination.k8s.io/kiln-deploy")
      #expect(lease?["spec"]?["holderIdentity"]?.textValue ?? "" == "")
      #expect(try await place.records().allSatisfy { !$0.hasSuffix("deploying") })
    }
  }
}

extension ReleasePlan {
  /// The same with other objects.
  func with(objects: [KubernetesObject]) -> ReleasePlan {
    ReleasePlan(
      customer: customer, stage: stage, cluster: cluster, context: context, namespace: namespace, objects: objects,
      jobs: jobs, secrets: secrets, images: images, pages: pages, specDigest: specDigest, commit: commit,
      author: author, settings: settings)
  }
}
