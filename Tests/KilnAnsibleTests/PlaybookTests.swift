import HostileStrings
import KilnAnsible
import KilnDocuments
import Testing
import Yams

struct PlaybookTests {
  private func task(_ playbook: Playbook) throws -> Node {
    let node = try #require(try Yams.compose(yaml: playbook.render()))
    return try #require(node[0]?["tasks"]?[0])
  }

  @Test(arguments: hostileStrings) func argumentsAreNeverTemplated(_ text: String) throws {
    let play = Play(
      name: "Bake", hosts: "all", become: "true",
      tasks: [AnsibleTask("Write", "ansible.builtin.copy", ["content": .unsafe(text)])])
    let content = try #require(try task(Playbook(plays: [play]))["ansible.builtin.copy"]?["content"]?.scalar)
    #expect(content.string == text)
    #expect(content.tag.description.contains("unsafe"))
  }

  @Test(arguments: hostileStrings) func namesHoldNoTemplate(_ text: String) throws {
    let play = Play(
      name: text, hosts: "all", become: "true", tasks: [AnsibleTask("Write \(text)", "ansible.builtin.copy", [:])])
    let name = try #require(try task(Playbook(plays: [play]))["name"]?.string)
    #expect(!name.contains("{{") && !name.contains("{%") && !name.contains("{#") && !name.contains("\n"))
    #expect(name.hasPrefix("Write"))
  }

  @Test func secretsAreNotLogged() throws {
    let play = Play(
      name: "Bake", hosts: "all", become: "true",
      tasks: [AnsibleTask("Run", "ansible.builtin.command", [:], noLog: true)])
    #expect(try task(Playbook(plays: [play]))["no_log"]?.bool == true)
  }
}
