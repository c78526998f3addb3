import Foundation
import HostileStrings
import KilnDocuments
import Testing

@testable import KilnDeploy

struct SlackMessageTests {
  private static func texts(_ notification: KilnDeploy.Notification) throws -> [String] {
    let body = NotificationTarget(.slack, variable: "SLACK").body(notification)
    let json = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
    let blocks = try #require(json["blocks"] as? [[String: Any]])
    return [try #require(json["text"] as? String)]
      + blocks.compactMap { ($0["text"] as? [String: Any])?["text"] as? String }
  }

  @Test func saysWhatFailedAndWhoseChangeItIs() throws {
    #expect(
      try Self.texts(failedDeployment) == [
        "acme qa: release 12 (1.4.2) failed",
        ":x: *acme qa: release 12 (1.4.2) failed*",
        "`care: crash loop: no such table &lt;users&gt;`",
        "*likely cause (it changes apps/care/db.php)*\n`bbbbbbbbbb` Bob &amp; Co: Rename a table",
        "*2 other commits since release 11*\n`cccccccccc` Cleo: Notes\n`aaaaaaaaaa` Ann: More",
      ])
  }

  @Test func sectionsAreVerbatim() {
    guard case .map(let message) = SlackMessage(failedDeployment).document,
      case .list(let blocks) = message["blocks"]
    else { return #expect(Bool(false)) }
    #expect(message["parse"] == "none")
    #expect(message["link_names"] == false)
    #expect(
      blocks.first == [
        "type": "section",
        "text": ["type": "mrkdwn", "text": ":x: *acme qa: release 12 (1.4.2) failed*", "verbatim": true],
      ])
  }

  @Test(arguments: [
    "<!channel>", "<!here|here>", "<@U024BE7LH>", "<https://evil.example|the log>", "<\u{301}!channel>",
    "&lt;!channel>",
    "```<!everyone>```",
  ])
  func foreignTextMentionsNobody(text: String) throws {
    let notification = Notification(
      id: "1", .deploymentFailed, customer: text, stage: text, workload: text, reason: text, release: 1, version: text,
      commits: [
        ReleaseCommit(hash: text, author: text, subject: text, files: [text]),
        ReleaseCommit(hash: text, author: text, subject: text),
      ], touching: [text])
    for part in try Self.texts(notification) {
      #expect(!part.unicodeScalars.contains("<"))
      #expect(!part.unicodeScalars.contains(">"))
      #expect(!part.contains("&lt;!channel&gt;") || text != "&lt;!channel>", "an escape was taken as one")
    }
  }

  @Test(arguments: hostileStrings)
  func staysWithinSlacksLimits(text: String) throws {
    let commits = (0..<50).map { _ in ReleaseCommit(hash: text, author: text, subject: text, files: [text]) }
    let notification = Notification(
      id: "1", .deploymentFailed, customer: text, stage: text, workload: text,
      reason: text + String(repeating: "<", count: 9000), release: 1, version: text, commits: commits, touching: [text])
    let texts = try Self.texts(notification)
    #expect(texts.count <= 51)
    for part in texts {
      #expect((1...3000).contains(part.unicodeScalars.count))
      #expect(!part.unicodeScalars.contains("<"))
    }
  }
}
