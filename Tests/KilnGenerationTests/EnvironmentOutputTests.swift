import KilnArtifacts
import KilnGeneration
import KilnPlan
import KilnTesting
import Testing

/// What is generated has types, and the files are those.
struct EnvironmentOutputTests {
  @Test func theTreeHasEveryPart() throws {
    let sample = SampleWorkspace(
      "runtime: {base: debian-12}\napp: {source: ../apps/shop}\nservices: {redis: {}}\nmachine: {}\n")
    let plan = try #require(sample.plans.first, "\(sample.problems)")
    let output = try Generator().environment(plan)
    var tree = ArtifactTree()
    try output.add(to: &tree)
    #expect(tree["acme/apps/app/Dockerfile"]?.bytes == output.images.apps.first.map { Array($0.image.dockerfile.utf8) })
    #expect(tree["acme/services/redis/Dockerfile"] != nil && output.images.services.map(\.name) == ["redis"])
    #expect(tree["acme/compose.yaml"]?.bytes == output.compose.map { Array($0.utf8) })
    #expect(tree["acme/packer/acme.json"]?.bytes == output.packer.map { Array($0.template.utf8) })
    let goss = [
      "goss-app-app.container.yaml", "goss-app-app.running.yaml", "goss-app-app.yaml", "goss-machine-container.yaml",
      "goss-machine-running.yaml", "goss-machine.yaml", "goss-service-redis.yaml",
    ]
    #expect(output.goss.files.map(\.name).sorted() == goss)
    #expect(tree.paths.map(\.text).filter { $0.hasPrefix("acme/goss") } == goss.map { "acme/\($0)" })
  }

  @Test func whatAPlanLacksIsNotThere() throws {
    let sample = SampleWorkspace("runtime: {base: debian-12}\n")
    let output = try Generator().environment(try #require(sample.plans.first))
    #expect(output.images.apps.isEmpty && output.compose == nil && output.packer == nil)
    #expect(output.goss.files.map(\.name) == ["goss-runtime.yaml", "goss-runtime.container.yaml"])
  }
}
