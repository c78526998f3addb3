import Foundation
import HostileStrings
import KilnDocuments
import Testing

@testable import KilnDeploy

struct DeployedFleetTests {
  @Test func theTableHasARowForEachStage() {
    #expect(
      sampleFleet.text == """
        CUSTOMER   STAGE       VERSION  RELEASE  COMMIT      AGE      DEPLOYED BY  STATE                                                 BEHIND
        acme       qa          1.4.3    9        4f9d2c81aa  3 h      ci@runner-7  healthy                                               up to date
        acme       production  1.4.2    12       4f9d2c81aa  6 d 2 h  ci@runner-7  care /health: status 500 in place of 200              1 commit, 1 setting
        globex     -           -        -        -           -        -            the cluster east does not answer: connection refused
        northwind  production  -        -        -           -        -            not deployed
        acme production: release 13 failed and was rolled back: care: readiness probe failed with status 500
        3 customers, 2 deployments, 1 unhealthy, 1 behind, 1 not deployed, 1 not known

        """)
  }

  @Test func theDocumentHasEveryKey() {
    let fleet = DeployedFleet([StageDeployment(customer: "acme", stage: nil, cluster: nil, history: [])], at: 0)
    #expect(
      JSONRenderer(sortedKeys: true).render(fleet.document) == """
        {
          "date": "1970-01-01T00:00:00Z",
          "deployments": [
            {
              "absence": "not deployed",
              "ageSeconds": null,
              "author": null,
              "behind": null,
              "changes": [],
              "cluster": null,
              "commit": null,
              "commits": [],
              "customer": "acme",
              "deployedAt": null,
              "deployer": null,
              "health": {
                "reason": null,
                "state": "unknown"
              },
              "history": [],
              "images": [],
              "namespace": null,
              "release": null,
              "specDigest": null,
              "stage": null,
              "version": null
            }
          ],
          "schemaVersion": 1
        }

        """)
  }

  @Test func theDocumentSaysWhatIsInIt() throws {
    let text = JSONRenderer(sortedKeys: true).render(sampleFleet.document)
    let json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let deployments = try #require(json["deployments"] as? [[String: Any]])
    #expect(deployments.map { $0["customer"] as? String } == ["acme", "acme", "globex", "northwind"])
    let production = deployments[1]
    #expect(production["version"] as? String == "1.4.2")
    #expect(production["ageSeconds"] as? Int == 525_600)
    #expect((production["behind"] as? [String: Any])?["count"] as? Int == 2)
    #expect(
      (production["images"] as? [[String: String]])?.map { $0["workload"] } == ["care", "care-worker", "mariadb"])
    #expect(
      (production["history"] as? [[String: Any]])?.map { $0["outcome"] as? String } == [
        "rolled-back", "deployed", "deployed",
      ])
  }

  @Test func theReleaseThatRunsIsTheLastThatWentWell() {
    let failed = StageDeployment(
      customer: "a", stage: nil, cluster: nil, history: [sampleRecord(1, .failed, tag: "1", ago: 0, reason: "quota")])
    #expect(failed.current == nil)
    #expect(failed.state == "no release went well yet")
    #expect(failed.attemptText == "release 1 failed: quota")
    let mixed = StageDeployment(
      customer: "a", stage: nil, cluster: nil,
      history: [
        sampleRecord(2, tag: "2", ago: 9), sampleRecord(4, .interrupted, tag: "4", ago: 1),
        sampleRecord(3, tag: "3", ago: 5),
      ])
    #expect(mixed.current?.number == 3)
    #expect(mixed.attempt?.number == 4)
    #expect(mixed.behindText == "?")
  }

  private static let versions: [(images: [String: String], apps: Set<String>, text: String?)] = [
    (["care": "r:5000/a/care:1.2@sha256:00ff"], [], "1.2"),
    (["care": "r:5000/a/care@sha256:00112233445566778899"], [], "001122334455"),
    (["care": "r:5000/a/care"], [], "?"),
    (["care": "r/care:1", "worker": "r/care:1"], [], "1"),
    (["care": "r/care:1", "redis": "redis:7"], ["care"], "1"),
    (["care": "r/care:1", "portal": "r/portal:2"], ["care", "portal"], "care 1, portal 2"),
    (["a": "r/a:1", "b": "r/b:2", "c": "r/c:3"], [], "a 1, b 2 and 1 more"),
    (["redis": "redis:7"], ["gone"], "7"), ([:], [], nil),
  ]

  @Test(arguments: versions)
  func aVersionIsATagOrADigest(images: [String: String], apps: Set<String>, text: String?) {
    #expect(ReleaseVersion(images, of: apps)?.text == text)
  }

  @Test(arguments: hostileStrings)
  func foreignTextStaysInItsCell(text: String) throws {
    let fleet = hostileFleet(text)
    #expect(fleet.text.split(separator: "\n").count == 3)
    let rendered = JSONRenderer(sortedKeys: true).render(fleet.document)
    let json = try #require(try JSONSerialization.jsonObject(with: Data(rendered.utf8)) as? [String: Any])
    let deployment = try #require((json["deployments"] as? [[String: Any]])?.first)
    #expect((deployment["customer"] as? String)?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
  }
}

/// A fleet that has `text` wherever foreign text can be.
func hostileFleet(_ text: String) -> DeployedFleet {
  var record = ReleaseRecord(
    number: 1, customer: text, stage: text, cluster: text, namespace: text, outcome: .deployed, images: [text: text],
    specDigest: text, commit: text, author: text, deployer: text, begun: 0, changes: [text], commits: [text])
  record.reason = text
  record.origin = text
  record.approval = text
  return DeployedFleet(
    [
      StageDeployment(
        customer: text, stage: text, cluster: text, history: [record], health: .unhealthy(text),
        behind: .init(commits: [text], settings: [text]))
    ], at: 10)
}
