import ArgumentParser
import KilnConsole
import KilnDocuments
import KilnProcesses

struct DoctorCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say which tools are here, what each is needed for, and what installs it.",
    discussion:
      "Exit 1 when one that `kiln build` and `kiln up` cannot do without is missing, or the engine does not answer.")

  @Option(help: "text or json.") var format: ContextListCommand.Format = .text

  private struct Check: Sendable {
    let name: String
    let command: [String]
    let need: String
    let install: String
    var isRequired = false
  }

  private struct Finding: Sendable {
    let check: Check
    /// The first line with a digit that the tool printed; nil when it is not there.
    let version: String?
  }

  private static let checks = [
    Check(
      name: "docker", command: ["docker", "version", "--format", "{{.Server.Version}}"],
      need: "kiln build, up, verify: the engine itself, which must answer", install: "apt-get install docker.io",
      isRequired: true),
    Check(
      name: "docker buildx", command: ["docker", "buildx", "version"], need: "kiln build: BuildKit",
      install: "apt-get install docker-buildx", isRequired: true),
    Check(
      name: "docker compose", command: ["docker", "compose", "version", "--short"], need: "kiln up: Compose v2",
      install:
        "apt-get install docker-compose-v2 (Ubuntu) or docker-compose (Debian 13), or Docker's docker-compose-plugin",
      isRequired: true),
    Check(
      name: "podman", command: ["podman", "--version"], need: "kiln build --engine podman",
      install: "apt-get install podman"),
    Check(
      name: "buildah", command: ["buildah", "--version"], need: "kiln build --engine buildah",
      install: "apt-get install buildah"),
    Check(name: "packer", command: ["packer", "version"], need: "kiln bake", install: "apt-get install packer"),
    Check(
      name: "ansible", command: ["ansible-playbook", "--version"], need: "kiln bake: the playbook",
      install: "apt-get install ansible"),
    Check(
      name: "goss", command: ["goss", "help"], need: "kiln bake and verify: copied into images to check them",
      install: "https://github.com/goss-org/goss/releases"),
  ]

  func run(in context: CommandContext) async throws {
    var findings: [Finding] = []
    for check in Self.checks {
      let result = try? await context.tool(check.command[0]).output(
        Array(check.command.dropFirst()), environment: ["CHECKPOINT_DISABLE": "1"])
      let lines = (result.flatMap { $0.isSuccess ? $0.output : nil } ?? "").split(separator: "\n")
      let line = lines.first { $0.contains(where: \.isNumber) }.map { Relayed.safe(String($0)) }
      findings.append(Finding(check: check, version: lines.isEmpty ? nil : line ?? "(its version is not told)"))
    }
    if format == .json {
      let tools = findings.map { finding -> DocumentValue in
        [
          "name": .string(finding.check.name), "version": finding.version.map { .string($0) } ?? .null,
          "need": .string(finding.check.need), "install": .string(finding.check.install),
          "required": .bool(finding.check.isRequired),
        ]
      }
      context.console.output(json: ["schemaVersion": 1, "tools": .list(tools)])
    } else {
      for finding in findings {
        let mark = finding.version == nil ? (finding.check.isRequired ? "MISSING" : "missing") : "ok"
        context.console.output(
          "\(mark)  \(finding.check.name)  \(finding.version ?? "")\n    for \(finding.check.need)\n")
        if finding.version == nil { context.console.output("    get it: \(finding.check.install)\n") }
      }
    }
    if findings.contains(where: { $0.version == nil && $0.check.isRequired }) { throw KilnExit.problems }
  }
}
