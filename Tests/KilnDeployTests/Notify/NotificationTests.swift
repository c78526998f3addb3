import HostileStrings
import KilnHTTP
import Testing

@testable import KilnDeploy

struct NotificationTests {
  @Test func aFailureNamesWhoseChangeItIs() {
    #expect(
      failedDeployment.text == """
        acme qa: release 12 (1.4.2) failed: care: crash loop: no such table <users>
        likely cause (it changes apps/care/db.php):
          bbbbbbbbbb Bob & Co: Rename a table
        2 other commits since release 11:
          cccccccccc Cleo: Notes
          aaaaaaaaaa Ann: More
        """)
  }

  @Test func withoutATouchedFileTheNewestIsNamedAsThat() {
    let notification = Notification(
      id: "1", .deploymentFailed, customer: "acme", stage: nil, workload: "care", release: 2,
      commits: [ReleaseCommit(hash: "a1", author: "Ann", subject: "Docs", files: ["README.md"])], touching: ["src"])
    #expect(
      notification.text == """
        acme: release 2 failed: care
        newest commit (none touches the files of care):
          a1 Ann: Docs
        """)
  }

  @Test func aRecoveryBlamesNobody() {
    let notification = Notification(
      id: "1", .deploymentRecovered, customer: "acme", stage: "qa", release: 13, version: "1.4.3", lastGood: 11,
      commits: [ReleaseCommit(hash: "d1", author: "Bob", subject: "Mend the table", files: ["apps/care/db.php"])],
      touching: ["apps/care"])
    #expect(
      notification.text == """
        acme qa: release 13 (1.4.3) runs, after one that failed
        1 commit since release 11:
          d1 Bob: Mend the table
        """)
  }

  @Test func manyCommitsAreCounted() {
    let commits = (0..<50).map { ReleaseCommit(hash: "\(1000 + $0)", author: "A", subject: "S") }
    let notification = Notification(
      id: "1", .deploymentFailed, customer: "acme", stage: "qa", release: 2, commits: commits)
    let lines = notification.text.split(separator: "\n")
    #expect(lines.count == 14)
    #expect(lines[3] == "49 other commits:")
    #expect(lines.last == "  and 40 more")
  }

  @Test func anOutcomeHasOneID() {
    func record(_ outcome: ReleaseRecord.Outcome) -> ReleaseRecord {
      ReleaseRecord(
        number: 12, customer: "acme", stage: "qa", cluster: "test", namespace: "acme-qa", outcome: outcome,
        images: ["care": "r/care:1.4.2@sha256:00", "redis": "redis:7"], specDigest: "s", commit: nil, author: nil,
        deployer: "me", begun: 0)
    }
    #expect(Notification.id(of: record(.failed)) == "test/acme-qa/release/12/failed")
    #expect(Notification.id(of: record(.rolledBack)) == "test/acme-qa/release/12/failed")
    #expect(Notification.id(of: record(.deployed)) == "test/acme-qa/release/12/recovered")
  }

  @Test func onlyFailuresAndWhatFollowsThemAreNews() {
    func record(_ number: Int, _ outcome: ReleaseRecord.Outcome) -> ReleaseRecord {
      sampleRecord(number, outcome, tag: "1.4.\(number)", ago: 0, reason: outcome == .deployed ? nil : "quota")
    }
    func text(_ last: ReleaseRecord, _ history: ReleaseRecord...) -> String? {
      Notification(last, after: history, apps: ["care"], commits: [], touching: [])?.text
    }
    #expect(text(record(1, .deployed)) == nil)
    #expect(text(record(2, .deployed), record(1, .deployed)) == nil)
    #expect(text(record(1, .failed)) == "acme production: release 1 (1.4.1) failed: quota")
    #expect(text(record(2, .rolledBack), record(1, .deployed)) == "acme production: release 2 (1.4.2) failed: quota")
    #expect(
      text(record(3, .deployed), record(1, .deployed), record(2, .rolledBack))
        == "acme production: release 3 (1.4.3) runs, after one that failed")
    #expect(text(record(3, .deployed), record(2, .interrupted)) != nil)
  }

  @Test func theGenericBodyHasAllKeysSorted() {
    let body = NotificationTarget(.webhook, variable: "HOOK").body(
      Notification(id: "i", .watchTrouble, customer: "acme", stage: nil, workload: "care", page: "/health"))
    #expect(
      body == #"""
        {"commits": [], "customer": "acme", "durationSeconds": null, "event": "watch-trouble", "id": "i", "implicated": null, "lastGoodRelease": null, "page": "/health", "reason": null, "release": null, "schemaVersion": 1, "stage": null, "text": "acme: care /health is in trouble", "version": null, "workload": "care"}
        """#)
  }

  @Test func aBodyIsNoLongerThanALineOfCurls() {
    let text = String(repeating: "\u{1}", count: 9000)
    let commits = [ReleaseCommit](repeating: ReleaseCommit(hash: text, author: text, subject: text), count: 50)
    let notification = Notification(
      id: "1", .deploymentFailed, customer: text, stage: text, workload: text, reason: text, version: text,
      commits: commits)
    for kind in NotificationTarget.Kind.allCases {
      let body = NotificationTarget(kind, variable: "HOOK").body(notification)
      #expect(CurlConfig.quoted(body).utf8.count < CurlConfig.lineLimit)
    }
  }

  @Test(arguments: hostileStrings)
  func foreignTextAddsNoLine(text: String) {
    let notification = Notification(
      id: "1", .deploymentFailed, customer: "a" + text, stage: text, workload: text, reason: text, release: 1,
      version: text, commits: [ReleaseCommit(hash: "a1", author: text, subject: text, files: [text])],
      touching: [text])
    let lines = notification.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 3)
    #expect(!notification.text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
  }
}
