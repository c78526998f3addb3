import HostileStrings
import KilnAnsible
import Testing
import Yams

struct PlaybookTests {
  private func play(_ tasks: AnsibleTask..., name: String = "Bake") throws -> Node {
    let play = Play(name: name, hosts: "all", become: "true", tasks: tasks.map { .task($0) })
    return try #require(try Yams.compose(yaml: Playbook(plays: [play]).render())?[0])
  }

  /// Jinja sees a scalar that has a brace and is not `!unsafe`.
  private func isLeftAlone(_ scalar: Node.Scalar) -> Bool {
    scalar.tag.description.contains("unsafe") || !scalar.string.contains("{")
  }

  @Test(arguments: hostileStrings) func textIsNeverTemplated(_ text: String) throws {
    var task = AnsibleTask("Write", "ansible.builtin.copy", ["content": .text(text), "list": .texts([text])])
    task.vars = ["variable": .text(text)]
    task.environment = [try #require(AnsibleVariable("NAME", text))]
    let node = try #require(try play(task)["tasks"]?[0])
    let scalars = [
      node["ansible.builtin.copy"]?["content"], node["ansible.builtin.copy"]?["list"]?[0], node["vars"]?["variable"],
      node["environment"]?["NAME"],
    ]
    for node in scalars {
      let scalar = try #require(node?.scalar)
      #expect(scalar.string == text)
      #expect(isLeftAlone(scalar))
    }
  }

  @Test(arguments: hostileStrings) func namesHandlersAndTagsHoldNoTemplate(_ text: String) throws {
    let node = try play(
      AnsibleTask(
        "Write \(text)", "ansible.builtin.copy", [:], notify: [AnsibleName("Restart \(text)")], tags: ["x\(text)"]),
      name: "Bake \(text)")
    let task = try #require(node["tasks"]?[0])
    let names = [node["name"], task["name"], task["notify"]?[0], task["tags"]?[0]]
    for (name, start) in zip(names, ["Bake", "Write", "Restart", "x"]) {
      let string = try #require(name?.string)
      #expect(string.hasPrefix(start) && !string.contains("{") && !string.contains("\n"), "\(string)")
    }
  }

  @Test func aHandlerHasTheNameThatNotifiesIt() throws {
    let name = "Restart {{x}} \u{2028} é"
    #expect(AnsibleTask(name, "ansible.builtin.copy", [:]).name == AnsibleName(name))
    #expect(AnsibleName(AnsibleName(name).description) == AnsibleName(name))
  }

  @Test(arguments: ["", "1A", "A-B", "{{x}}", "A=B", "A B", "É"]) func refusesAsAVariable(_ name: String) {
    #expect(AnsibleVariable(name, "x") == nil)
  }

  @Test func literalsAreTemplatesOfOurs() throws {
    let node = try play(
      AnsibleTask("Stat", "ansible.builtin.stat", ["path": "{{ kiln_app_archive }}"], register: "kiln_app_file"))
    let path = try #require(node["tasks"]?[0]?["ansible.builtin.stat"]?["path"]?.scalar)
    #expect(path.string == "{{ kiln_app_archive }}" && !path.tag.description.contains("unsafe"))
  }

  @Test func secretsAreNotLogged() throws {
    let node = try play(AnsibleTask("Run", "ansible.builtin.command", [:], noLog: true))
    #expect(node["tasks"]?[0]?["no_log"]?.bool == true)
  }

  @Test func aBlockCleansUpWhateverHappened() throws {
    let step = AnsibleTask("Run", "ansible.builtin.command", [:])
    let play = Play(
      name: "Bake", hosts: "all", become: "true",
      tasks: [.block(AnsibleBlock("Both", [step], always: [step], when: ["x is defined"], tags: ["app"]))])
    let block = try #require(try Yams.compose(yaml: Playbook(plays: [play]).render())?[0]?["tasks"]?[0])
    #expect(block["block"]?.sequence?.count == 1 && block["always"]?.sequence?.count == 1)
    #expect(block["when"]?.string == "x is defined")
  }
}
