package import KilnConsole
import KilnProcesses

/// A tool that some command needs, and how to find out whether it is here.
package struct ToolCheck: Sendable, Equatable {
  package let name: String
  package let command: [String]
  package let need: String
  package let install: String
  package var isRequired = false
  package var pattern = Pattern.line

  /// What is shown of the tool's words.
  package enum Pattern: Sendable, Equatable {
    /// The first line with a digit.
    case line
    /// The first version number.
    case first
    /// The last version number: those before it are of files and settings.
    case last
  }

  /// What the tool says of its version; nil when it is not there.
  package func version(in context: CommandContext) async -> String? {
    let result = try? await context.tool(command[0]).output(
      Array(command.dropFirst()), environment: ["CHECKPOINT_DISABLE": "1"])
    let lines = (result.flatMap { $0.isSuccess ? $0.output : nil } ?? "").split(separator: "\n")
    if lines.isEmpty { return nil }
    let numbers = lines.joined(separator: "\n").matches(of: /\bv?(\d+\.\d+(?:\.\d+)*)/).map(\.1)
    let shown =
      switch pattern {
      case .line: lines.first { $0.contains(where: \.isNumber) }
      case .first: numbers.first
      case .last: numbers.last
      }
    return shown.map { Relayed.safe(String($0)) } ?? "(version unknown)"
  }

  package static let all = [
    ToolCheck(
      name: "docker", command: ["docker", "version", "--format", "{{.Server.Version}}"],
      need: "kiln build, up, verify: the engine itself, which must answer", install: "apt-get install docker.io",
      isRequired: true),
    ToolCheck(
      name: "docker buildx", command: ["docker", "buildx", "version"], need: "kiln build: BuildKit",
      install: "apt-get install docker-buildx", isRequired: true),
    ToolCheck(
      name: "docker compose", command: ["docker", "compose", "version", "--short"], need: "kiln up: Compose v2",
      install:
        "apt-get install docker-compose-v2 (Ubuntu) or docker-compose (Debian 13), or Docker's docker-compose-plugin",
      isRequired: true),
    ToolCheck(
      name: "podman", command: ["podman", "--version"], need: "kiln build --engine podman",
      install: "apt-get install podman"),
    ToolCheck(
      name: "buildah", command: ["buildah", "--version"], need: "kiln build --engine buildah",
      install: "apt-get install buildah"),
    ToolCheck(name: "packer", command: ["packer", "version"], need: "kiln bake", install: "apt-get install packer"),
    ToolCheck(
      name: "ansible", command: ["ansible-playbook", "--version"], need: "kiln bake: the playbook",
      install: "apt-get install ansible"),
    ToolCheck(
      name: "goss", command: ["goss", "help"], need: "kiln bake and verify: copied into images to check them",
      install: "https://github.com/goss-org/goss/releases"),
    ToolCheck(
      name: "jmeter", command: ["jmeter", "-j", "/dev/null", "--version"], need: "kiln load",
      install: "https://jmeter.apache.org", pattern: .last),
    ToolCheck(
      name: "kubectl", command: ["kubectl", "version", "--client"], need: "kiln deploy: clusters",
      install: "apt-get install kubernetes-client", pattern: .first),
    ToolCheck(
      name: "az", command: ["az", "version"], need: "kiln deploy: machines in Azure",
      install: "apt-get install azure-cli", pattern: .first),
    ToolCheck(
      name: "curl", command: ["curl", "--version"], need: "kiln deploy, verify --url: pages",
      install: "apt-get install curl"),
    ToolCheck(
      name: "git", command: ["git", "--version"], need: "kiln plan --since, deploy: commits",
      install: "apt-get install git"),
  ]
}
