import KilnPlan
import KilnTesting
import Testing

@testable import KilnGeneration

/// What a baked machine is asked, and what not.
struct MachineAnswersTests {
  private func answers(_ rest: String, _ start: MachineStart) throws -> MachineAnswers {
    let workspace = SampleWorkspace(
      """
      runtime: {base: debian-12, components: {apache: {}}}
      app: {source: ../apps/acme, port: 80, health: /health}
      \(rest)
      """)
    let plan = try #require(workspace.plans.first, "\(workspace.problems)")
    return MachineAnswers(plan, try #require(plan.machine), start)
  }

  @Test func healthIsAskedWhereTheAppLacksNothing() throws {
    for start in MachineStart.allCases {
      let answers = try answers("machine: {}", start)
      #expect(answers.hasPages && answers.note == nil && answers.ports == [80])
      #expect(answers.units == (start == .systemd ? ["apache2"] : []))
    }
  }

  @Test(arguments: [
    ("services: {mongodb: {}, redis: {}}\nmachine: {services: [redis]}", MachineStart.systemd, "mongodb"),
    ("services: {mongodb: {}, redis: {}}\nmachine: {}", .container, "mongodb and redis"),
    ("services: {redis: {}}\nmachine: {services: [redis], pages: true}", .container, "redis"),
    ("secrets: {KEY: {env: KEY}}\nmachine: {}", .systemd, "KEY"),
  ]) func elseOnlyPortsAreAskedAndThatIsSaid(_ rest: String, _ start: MachineStart, _ lacks: String) throws {
    let answers = try answers(rest, start)
    #expect(!answers.hasPages && answers.ports.contains(80))
    #expect(
      answers.note
        == "`health` and `checks` are not asked, since the app may need \(lacks), which it lacks here.")
  }

  @Test func theSpecMayDecide() throws {
    #expect(try answers("services: {redis: {}}\nmachine: {pages: true}", .container).hasPages)
    let refused = try answers("machine: {pages: false}", .systemd)
    #expect(!refused.hasPages && refused.note == "`health` and `checks` are not asked: `machine.pages` is false.")
  }

  @Test func theMachineIsAskedBeforeItIsCaptured() throws {
    let workspace = SampleWorkspace(
      """
      runtime: {base: debian-12, components: {apache: {}}}
      app: {source: ../apps/acme, port: 80, health: /health}
      machine: {azure: {location: westeurope, capture: {managedImage: {resourceGroup: rg, name: n}}}}
      """)
    let template = try #require(try workspace.generated()["acme/packer/acme.json"])
    let asked = try #require(template.firstRange(of: "goss-machine-running.yaml validate"))
    let captured = try #require(template.firstRange(of: "waagent"))
    #expect(asked.lowerBound < captured.lowerBound)
    #expect(template.contains("{{ template_dir }}/../goss-machine-running.yaml"))
  }
}
