import KilnDiagnostics
import KilnDocuments
import KilnKubernetes
import Synchronization
import Testing

@testable import KilnDeploy

/// Whoever may write ConfigMaps in a namespace decides nothing by them.
struct ReleaseSealTests {
  private typealias Stand = DeployerTests.Stand

  /// A record with other objects, as somebody writes it who does not have the key.
  private func forge(_ stand: Stand, _ number: Int, _ change: (inout StoredRelease) -> Void) throws {
    var record = try stand.record(number)
    change(&record)
    let name = "kiln-release-\(number)"
    let old = try #require(stand.cluster.object("ConfigMap", name)?["metadata"])
    let key: DocumentValue = ["data": ["key": .string(String(repeating: "x", count: 44))]]
    let forged = try record.configMap(ReleaseSeal(key)).document
    // With the annotation that it had.
    stand.cluster.put(.map(forged.with("metadata", old)))
  }

  private let pod = KubernetesObject("v1", "Pod", "mine", namespace: "acme-qa", ["spec": ["hostNetwork": true]])

  @Test func aForgedRecordIsNotRolledBackTo() async throws {
    let stand = Stand()
    try await stand.deploy()
    try await stand.deploy(SampleRelease(version: "2"))
    try forge(stand, 1) { $0.objects.append(pod) }
    let refusal = await stand.problem {
      try await stand.deployer().rollback(to: 1, cluster: "c", context: "test", namespace: "acme-qa")
    }
    #expect(refusal?.id == "deploy.no-release")
    #expect(stand.cluster.object("Pod", "mine") == nil)
  }

  @Test func aForgedRecordIsNotGoneBackTo() async throws {
    let stand = Stand()
    try await stand.deploy()
    try forge(stand, 1) { $0.objects.append(pod) }
    try await stand.deploy(SampleRelease(version: "2"))
    #expect(stand.cluster.object("Pod", "mine") == nil)
    #expect(
      stand.events.text.contains("kiln-release-1 is not as Kiln wrote it, and is not used; `kubectl --context test "))
    // It is the second all the same: nobody's number is given twice.
    #expect(try stand.record(2).record.outcome == .deployed)
  }

  @Test func aRecordOfAnotherNamespaceIsNone() async throws {
    let stand = Stand()
    try await stand.deploy()
    let seal = try stand.seal()
    let record = try #require(stand.cluster.object("ConfigMap", "kiln-release-1"))
    #expect(seal.isOn(record, namespace: "acme-qa") && !seal.isOn(record, namespace: "acme"))
  }

  @Test func recordsThatAreGoneGiveNoNumberAgain() async throws {
    let stand = Stand()
    try await stand.deploy()
    stand.cluster.state.withLock { state in
      state.objects = state.objects.filter { !$0.key.name.hasPrefix("kiln-release-") }
    }
    let again = try await stand.deploy(token: "another")
    #expect(again.record.number == 2)
    #expect(stand.cluster.names("Job").contains { $0.hasSuffix("-r2") })
  }

  @Test(arguments: [
    ("number", "9223372036854775807"), ("begun", "-9223372036854775808"), ("ended", "9223372036854775807"),
  ]) func numbersThatNoReleaseHasAreNone(_ key: String, _ value: String) throws {
    var fields = [
      "schemaVersion": "1", "number": "1", "begun": "7", "ended": "8", "customer": "\"a\"", "cluster": "\"c\"",
      "namespace": "\"n\"", "outcome": "\"deployed\"", "images": "{}", "specDigest": "\"\"", "deployer": "\"\"",
      "changes": "[]", "commits": "[]", "secrets": "{}", "jobs": "{}",
    ]
    func release() -> StoredRelease? {
      let text = "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ",") + "}"
      return StoredRelease(configMap: [
        "metadata": ["name": .string("kiln-release-\(fields["number"] ?? "")")],
        "data": ["release.json": .string(text)],
      ])
    }
    #expect(release() != nil)
    fields[key] = value
    #expect(release() == nil)
  }
}
