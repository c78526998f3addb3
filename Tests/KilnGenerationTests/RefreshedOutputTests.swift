import Foundation
import KilnArtifacts
import KilnPlan
import KilnSpec
import KilnTesting
import Testing

@testable import KilnGeneration

/// What is generated names the refreshed images; machines and other images stay as they are.
struct RefreshedOutputTests {
  private func generated(_ plan: EnvironmentPlan) throws -> [String: String] {
    let tree = try Generator().generate([plan])
    var files: [String: String] = [:]
    for path in tree.paths { files[path.text] = tree[path.text].map { String(decoding: $0.bytes, as: UTF8.self) } }
    return files
  }

  @Test func everyFileNamesTheSameImage() throws {
    let sample = SampleWorkspace(
      """
      runtime: {base: debian-12}
      app: {source: ../apps/shop, port: 80}
      services: {redis: {}, mongodb: {}}
      machine: {}
      """)
    let plan = try #require(sample.plans.first, "\(sample.problems)")
    let redis = try #require(plan.services.first { $0.name == "redis" })
    let refreshed = plan.with(
      plan.marked(.init(), as: "20261126") { [plan.runtime.id, redis.digest.tag].contains($0.recipe) })
    let (before, after) = (try generated(plan), try generated(refreshed))
    let changed = Set(before.keys.filter { before[$0] != after[$0] })
    #expect(before.keys.sorted() == after.keys.sorted())
    #expect(
      changed == [
        "runtimes/\(plan.runtime.id)/Dockerfile", "acme/apps/app/Dockerfile", "acme/services/redis/Dockerfile",
        "acme/compose.yaml",
      ])
    let service = "acme/redis:\(redis.digest.tag)-r20261126"
    #expect(after["acme/compose.yaml"]?.contains(service) == true)
    #expect(after["acme/apps/app/Dockerfile"]?.contains("FROM \(plan.image(of: plan.runtime))-r20261126\n") == true)
    // Behind the base, before every command.
    let lines = after["acme/services/redis/Dockerfile"]?.split(separator: "\n") ?? []
    let origin = try #require(lines.firstIndex { $0.hasPrefix("FROM ") })
    #expect(lines[origin + 1] == #"ARG KILN_REFRESHED="20261126""#)
    let graph = BakeLowering([refreshed], BuildSettings()).render()
    #expect(
      graph.contains("\"\(service)\"") && graph.contains("\"\(plan.image(of: plan.runtime))-r20261126\": \"target:"))
    #expect(graph.components(separatedBy: "\"pull\": true").count == 3)
    // What runs is compared with the spec by this.
    #expect(refreshed.digest(of: redis) != plan.digest(of: redis) && refreshed.machineDigest == plan.machineDigest)
  }
}
