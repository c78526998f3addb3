import KilnTesting
import Testing

/// Security updates that the marketplace's image lacks.
struct MachineUpgradeTests {
  private func playbook(_ machine: String) throws -> String {
    let sample = SampleWorkspace("runtime: {base: debian-12, components: {git: {}}}\nmachine: \(machine)\n")
    return try #require(try sample.generated()["acme/packer/playbook.yml"], "\(sample.problems)")
  }

  @Test func aMachineIsUpgradedBeforeAnythingIsInstalled() throws {
    let playbook = try playbook("{}")
    let lists = try #require(playbook.firstRange(of: "Read the package lists"))
    let upgrade = try #require(playbook.firstRange(of: "upgrade: dist"))
    let tasks = try #require(playbook.firstRange(of: "\n  tasks:"))
    #expect(lists.lowerBound < upgrade.lowerBound && upgrade.lowerBound < tasks.lowerBound)
  }

  @Test func unlessTheSpecLeavesItOut() throws {
    #expect(try !playbook("{upgrade: false}").contains("upgrade"))
  }
}
