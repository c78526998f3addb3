import ArgumentParser
import KilnConsole
import KilnEngine
import KilnProcesses
import KilnWorkspace

struct DoctorCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say which tools are here, what each is needed for, and what installs it.",
    discussion: """
      Exit 1 when one is missing that `kiln build` and `kiln up` need, or the engine
      does not answer. In a CI pipeline:
        kiln doctor --install-script > install.sh && sh install.sh
      """)

  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Flag(help: "Print a shell script that installs what the workspace's specs need and Debian or Ubuntu lacks.")
  var installScript = false

  func run(in context: CommandContext) async throws {
    if installScript {
      let root = try? context.root(of: nil)
      let plans = try root.map { try context.read($0, Workers(count: nil), checkingFiles: false).fleet }
      return context.console.output(InstallScript(for: plans).text)
    }
    let findings = await ToolFindings(in: context)
    format == .json ? context.console.output(json: findings.document) : context.console.output(findings.text)
    // The result has said which are missing.
    if findings.lacksRequired { throw KilnExit.problems }
  }
}
