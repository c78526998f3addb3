import KilnConsole
import KilnDocuments
import KilnKubernetes
import Testing

@testable import KilnDeploy

/// Results of load tests that are kept with releases.
struct ReleaseLoadsTests {
  private typealias Stand = DeployerTests.Stand

  private func loads(_ stand: Stand) -> ReleaseLoads {
    ReleaseLoads(
      Kubectl(context: "test", namespace: "acme-qa", stand.cluster),
      Console(color: false, isTerminal: false) { _, _ in }, clock: stand.time.clock)
  }

  private func mark(_ p95: Int, _ load: String = "50 users", isGood: Bool = true) -> LoadMark {
    LoadMark(
      load: load, begun: 1_795_771_532_000, samples: 1000, errors: 2, throughput: 50.25, p50: 40, p95: p95, p99: 200,
      isGood: isGood)
  }

  @Test func theLastGoodResultIsFoundWhateverReleaseRuns() async throws {
    let stand = Stand()
    let loads = loads(stand)
    #expect(try await loads.baseline("load", load: "50 users") == nil)
    try await stand.deploy()
    #expect(try await loads.keep(mark(90), of: "load", holder: "kim@here") == 1)
    #expect(try await loads.baseline("load", load: "50 users")?.p95 == 90)
    // Another test, and another load, have none.
    #expect(try await loads.baseline("browse", load: "50 users") == nil)
    #expect(try await loads.baseline("load", load: "60 users") == nil)

    try await stand.deploy(SampleRelease(version: "2"))
    #expect(try await loads.keep(mark(150, isGood: false), of: "load", holder: "kim@here") == 2)
    #expect(try await loads.baseline("load", load: "50 users")?.p95 == 90)
    let records = try await ReleaseStore(Kubectl(context: "test", namespace: "acme-qa", stand.cluster)).all()
    #expect(records.map { $0.record.loads?["load"]?.isGood } == [true, false])
    #expect(
      records[1].record.text(withChanges: false).contains(
        "  load test load: not good, p50 40 ms, p95 150 ms, 50.3 per second, 2 of 1000 are errors\n"))
    #expect(stand.cluster.object("Lease", "kiln-deploy")?["spec"]?["holderIdentity"]?.textValue ?? "" == "")
  }

  @Test func whatSomebodyElseHasWrittenIsNotComparedWith() async throws {
    let stand = Stand()
    try await stand.deploy()
    _ = try await loads(stand).keep(mark(90), of: "load", holder: "kim@here")
    var release = try stand.record(1)
    release.record.loads?["load"]?.p95 = 100_000
    // As somebody without the key would write it.
    let forged = try release.configMap(ReleaseSeal(["data": ["key": .string(String(repeating: "A", count: 44))]]))
    stand.cluster.put(.map(forged.document))
    #expect(try await loads(stand).baseline("load", load: "50 users") == nil)
  }

  @Test func withoutAReleaseNothingIsKept() async throws {
    let stand = Stand()
    #expect(try await loads(stand).keep(mark(90), of: "load", holder: "kim@here") == nil)
    #expect(stand.cluster.names("ConfigMap") == [])
  }

  /// A record of an earlier Kiln has no such key.
  @Test func marksOutOfRangeAreNoRelease() throws {
    var record = ReleaseRecord(
      number: 1, customer: "a", stage: nil, cluster: "c", namespace: "n", outcome: .deployed, images: [:],
      specDigest: "", commit: nil, author: nil, deployer: "", begun: 7)
    #expect(record.isPlausible)
    record.loads = ["load": mark(90)]
    #expect(record.isPlausible)
    record.loads?["load"]?.p95 = -1
    #expect(!record.isPlausible)
    record.loads?["load"] = mark(1)
    record.loads?["load"]?.begun = .max
    #expect(!record.isPlausible)
  }
}
