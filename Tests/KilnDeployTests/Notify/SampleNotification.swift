@testable import KilnDeploy

/// A deployment that failed, with three commits since the last good one.
let failedDeployment = Notification(
  id: "test/acme-qa/release/12/failed", .deploymentFailed, customer: "acme", stage: "qa", workload: "care",
  reason: "crash loop: no such table <users>", release: 12, version: "1.4.2", lastGood: 11,
  commits: [
    ReleaseCommit(hash: "cccccccccccccccc", author: "Cleo", subject: "Notes", files: ["README.md"]),
    ReleaseCommit(hash: "bbbbbbbbbbbbbbbb", author: "Bob & Co", subject: "Rename a table", files: ["apps/care/db.php"]),
    ReleaseCommit(hash: "aaaaaaaaaaaaaaaa", author: "Ann", subject: "More", files: ["environments/acme.yaml"]),
  ], touching: ["apps/care", "environments/acme.yaml"])
