import KilnDiagnostics
import KilnDocuments
import KilnProcesses
import Synchronization
import Testing

@testable import KilnDeploy

/// One deployment at a time: who waits, who takes over, who stops.
struct ClusterLockTests {
  private let cluster = FakeCluster()
  private let time = FakeClock()

  private var kubectl: Kubectl { Kubectl(context: "test", namespace: "acme-qa", cluster) }

  private func lease(_ holder: String, renewed: Double, version: String = "5") -> DocumentValue {
    [
      "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
      "metadata": ["name": "kiln-deploy", "resourceVersion": .string(version)],
      "spec": [
        "holderIdentity": .string(holder), "leaseDurationSeconds": 30,
        "acquireTime": .string(KubernetesTime.micro(renewed - 60)), "renewTime": .string(KubernetesTime.micro(renewed)),
      ],
    ]
  }

  private func hold<Value>(
    patience: Double = 120, busy: @escaping (String) -> Void = { _ in }, _ body: (ClusterLock) async throws -> Value
  ) async throws -> Value {
    try await ClusterLock.withLock(
      kubectl, holder: "kim@here 1", patience: patience, clock: time.clock, isBusy: { holder, _ in busy(holder) }, body)
  }

  private var holder: String? { cluster.object("Lease", "kiln-deploy")?["spec"]?["holderIdentity"]?.textValue }

  @Test func isFreedAtTheEndAndAfterErrors() async throws {
    try await hold { lock in
      #expect(holder?.hasPrefix("kim@here 1-") == true)
      try lock.check()
    }
    #expect(holder == "")
    struct Failure: Error {}
    await #expect(throws: Failure.self) { try await hold { _ in throw Failure() } }
    #expect(holder == "")
  }

  @Test func isRenewedWhileItIsHeld() async throws {
    try await hold { lock in
      let before = cluster.object("Lease", "kiln-deploy")?["spec"]?["renewTime"]
      for _ in 0..<90 {
        await time.clock.sleep(1)
        try lock.check()
      }
      #expect(cluster.object("Lease", "kiln-deploy")?["spec"]?["renewTime"] != before)
    }
  }

  @Test func anothersIsWaitedForAtMostSoLong() async throws {
    cluster.put(lease("lee@there 7-x", renewed: time.clock.now()))
    let seen = RecordedEvents()
    // Somebody else renews it all the time.
    cluster.state.withLock { state in
      state.answers.append(({ $0.hasPrefix("create") }, .init(code: 1, error: "Error from server (AlreadyExists): x")))
    }
    do {
      try await hold(patience: 20, busy: { seen.add(.note($0)) }) { _ in _ = Issue.record("it is not free") }
    } catch let error as CommandError {
      #expect(error.diagnostics.first?.id == "deploy.locked")
      #expect(
        error.diagnostics.first?.message.hasPrefix(
          "lee@there 7-x deploys to namespace acme-qa since 2027-01-15T07:59:00Z") == true)
    }
    #expect(seen.lines == ["lee@there 7-x"] && holder == "lee@there 7-x")
  }

  @Test func oneThatNobodyRenewsIsTakenOver() async throws {
    // The other's clock is a minute ahead: what counts is that nothing has changed while we looked.
    cluster.put(lease("lee@there 7-x", renewed: time.clock.now() + 60))
    let begun = time.clock.now()
    try await hold { _ in #expect(time.clock.now() - begun >= 30) }
    // One that is long over is taken at once.
    cluster.put(lease("lee@there 8-x", renewed: time.clock.now() - 61, version: "900"))
    let second = time.clock.now()
    try await hold { _ in #expect(time.clock.now() == second) }
    #expect(holder == "")
  }

  @Test func whoLosesItStopsBeforeTheNextChange() async throws {
    await #expect(throws: CommandError.self) {
      try await hold { lock in
        cluster.put(lease("lee@there 7-x", renewed: time.clock.now(), version: "900"))
        await lock.renew()
        try lock.check()
      }
    }
    #expect(holder == "lee@there 7-x")
  }

  @Test func whoCannotRenewItStopsInTime() async throws {
    await #expect(throws: CommandError.self) {
      try await hold { lock in
        cluster.answer("replace", error: "The connection to the server x was refused")
        for _ in 0..<27 { await time.clock.sleep(1) }
        try lock.check()
        for _ in 0..<2 { await time.clock.sleep(1) }
        try lock.check()
      }
    }
  }
}
