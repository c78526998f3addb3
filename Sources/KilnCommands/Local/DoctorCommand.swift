import ArgumentParser
import KilnConsole
import KilnDocuments
import KilnEngine
import KilnProcesses

struct DoctorCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say which tools are here, what each is needed for, and what installs it.",
    discussion: """
      Exit 1 when one is missing that `kiln build` and `kiln up` need, or the engine
      does not answer.
      """)

  @Option(help: "text or json.") var format: ContextListCommand.Format = .text

  func run(in context: CommandContext) async throws {
    var findings: [(check: ToolCheck, version: String?)] = []
    for check in ToolCheck.all { findings.append((check, await check.version(in: context))) }
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
    // The result has said which are missing.
    if findings.contains(where: { $0.version == nil && $0.check.isRequired }) { throw KilnExit.problems }
  }
}
