import KilnDeploy

/// 2026-11-27 00:40:19 UTC.
let sampleDate = 1_795_740_019
private let digest = "sha256:" + String(repeating: "0123456789abcdef", count: 4)

func sampleRecord(
  _ number: Int, _ outcome: ReleaseRecord.Outcome = .deployed, tag: String, ago seconds: Int,
  reason: String? = nil, changes: [String] = [], commits: [String] = [], customer: String = "acme",
  stage: String? = "production", origin: String? = nil, approval: String? = nil
) -> ReleaseRecord {
  var record = ReleaseRecord(
    number: number, customer: customer, stage: stage, cluster: "west", namespace: "\(customer)-\(stage ?? "all")",
    outcome: outcome,
    images: [
      "care": "registry.example:5000/\(customer)/care:\(tag)@\(digest)",
      "care-worker": "registry.example:5000/\(customer)/care:\(tag)@\(digest)",
      "mariadb": "registry.example:5000/mariadb:11.4@\(digest)",
    ],
    specDigest: digest, commit: "4f9d2c81aa03be76f1c2d3e4f5a6b7c8d9e0f1a2", author: "Ann Lee <ann@firm.example>",
    deployer: "ci@runner-7", begun: sampleDate - seconds - 42, changes: changes, commits: commits)
  record.ended = sampleDate - seconds
  record.reason = reason
  record.origin = origin
  record.approval = approval
  return record
}

let sampleFleet = DeployedFleet(
  [
    StageDeployment(customer: "northwind", stage: "production", cluster: "west", history: [], apps: ["care"]),
    StageDeployment(
      customer: "acme", stage: "qa", cluster: "west",
      history: [
        sampleRecord(9, tag: "1.4.3", ago: 3 * 3600, commits: ["9a8b7c6d5e Bob Ray: Faster search"], stage: "qa"),
        sampleRecord(8, tag: "1.4.2", ago: 30 * 3600, stage: "qa"),
      ], health: .healthy, behind: .init(commits: [], settings: []), apps: ["care", "care-worker"]),
    StageDeployment(
      customer: "acme", stage: "production", cluster: "west",
      history: [
        sampleRecord(13, .rolledBack, tag: "1.4.3", ago: 3600, reason: "care: readiness probe failed with status 500"),
        sampleRecord(
          12, tag: "1.4.2", ago: 6 * 86400 + 7200,
          changes: ["- apps.care.env.POOL = 8", "+ apps.care.env.POOL = 16", "+ apps.care.replicas = 3"],
          commits: ["4f9d2c81aa Ann Lee: Larger pool for reports", "77aa31c0de Cleo Park: Export as CSV"],
          origin: "qa 8", approval: "dana: customer asked for the export"),
        sampleRecord(11, tag: "1.4.1", ago: 20 * 86400),
      ], health: .unhealthy("care /health: status 500 in place of 200"),
      behind: .init(
        commits: ["9a8b7c6d5e Bob Ray: Faster search"], settings: ["- apps.care.php = 8.3", "+ apps.care.php = 8.4"]),
      apps: ["care", "care-worker"]),
    StageDeployment(
      customer: "globex", stage: nil, cluster: "east", history: [],
      trouble: "the cluster east does not answer: connection refused"),
  ], at: sampleDate)
