import KilnPlan
import KilnSpec
import KilnTesting
import Testing

/// What runs of an environment, whatever runs it.
struct WorkloadTests {
  private func workloads(_ app: String) throws -> [String: Workload] {
    let sample = SampleWorkspace(
      """
      runtime: {base: debian-12, components: {apache: {}}}
      apps:
        care:
          source: ../care
          port: 80
      \(app.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
        portal: {source: ../portal, secrets: []}
      services: {mariadb: {from: packages, database: acme, user: acme, password: DB}}
      secrets: {DB: {env: ACME_DB}, KEY: {env: ACME_KEY}, BUILD: {env: ACME_BUILD}}
      """)
    let plan = try #require(sample.plans.first, "\(sample.problems)")
    return Dictionary(uniqueKeysWithValues: plan.workloads.map { ($0.name, $0) })
  }

  private func zone(_ workload: Workload?) -> [String] {
    (workload?.environment ?? []).filter { $0.name == "TZ" }.map(\.value)
  }

  /// What `kiln plan` says is when it runs, whatever zone the app's values name.
  @Test func aScheduleKeepsItsZone() throws {
    let all = try workloads(
      """
      environment: {TZ: America/New_York}
      jobs:
        local: {command: [php, a.php], schedule: "0 3 * * *", timeZone: Europe/Amsterdam}
        plain: {command: [php, b.php], schedule: "0 3 * * *"}
      """)
    #expect(zone(all["care-local"]) == ["CET-1CEST,M3.5.0,M10.5.0/3"])
    #expect(zone(all["care-plain"]) == ["UTC0"])
    #expect(zone(all["care"]) == ["America/New_York"])
  }

  /// An app that names no secrets reads all that are nobody else's; one that names some reads these, as do its companions.
  @Test func secretsGoToThoseWhoReadThem() throws {
    let all = try workloads(
      """
      buildSecrets: [BUILD]
      workers: {queue: {command: [php, worker.php]}}
      """)
    #expect(all["care"]?.secrets.map(\.file) == ["DB", "KEY"])
    #expect(all["care-queue"]?.secrets == all["care"]?.secrets)
    #expect(all["portal"]?.secrets == [])
    #expect(all["mariadb"]?.secrets.map(\.variable) == ["ACME_DB"])
  }

  /// As the app's account: a server that binds its port as root is the image's own.
  @Test func onlyAServerOfTheRuntimeStartsAsRoot() throws {
    let all = try workloads(
      """
      user: shop
      workers: {queue: {command: [php, worker.php]}}
      jobs: {migrate: {command: [php, migrate.php], run: before-deploy}}
      """)
    #expect(all["care"]?.account == .webServer)
    #expect(all["care-queue"]?.account == .own("shop") && all["care-migrate"]?.account == .own("shop"))
    #expect(try workloads("command: [node, x.js]")["care"]?.account == .own("www-data"))
  }
}
