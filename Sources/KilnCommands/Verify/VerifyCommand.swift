import ArgumentParser
import KilnArtifacts
import KilnConsole
import KilnVerify
import KilnWorkspace
import SystemPackage

struct VerifyCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Hold an environment to its spec: what runs, or its images.",
    discussion: """
      Examples:
        kiln verify acme                      while it is up: goss in every container, the pages of `health` and `checks`,
                                              and that the app reaches each service; else goss in the app's image
        kiln verify acme --junit report.xml   the same, with JUnit's XML for CI
        kiln verify acme --parity             container and machine side by side: packages, files, users, variables, the page

      --parity compares what `kiln build` and `kiln bake --only docker` made, and prints every difference. Exit 1 when one
      is not declared by a step's `only:`.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Flag(help: "Compare the container's image with the machine's.") var parity = false
  @Option(help: ArgumentHelp("The container's image; else what kiln build made.", valueName: "image"))
  var container: String?
  @Option(help: ArgumentHelp("The machine's image; else what kiln bake's manifest names.", valueName: "image"))
  var machine: String?
  @Option(help: ArgumentHelp("Write JUnit's XML to a file.", valueName: "file")) var junit: String?
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Argument(help: "The customer.") var customer: String

  var color: ColorChoice { options.color }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    let check = EnvironmentCheck(
      plan: try loaded.plan(of: customer), loaded: loaded, image: container, context: context)
    if parity {
      let table = try await check.parity(machine: machine)
      format == .json ? context.console.output(json: table.document) : context.console.output(table.text)
      // The result has said which differences no step declares.
      if !table.undeclared.isEmpty { throw KilnExit.problems }
    } else {
      try show(try await check.report(), in: context)
    }
  }

  private func show(_ report: VerificationReport, in context: CommandContext) throws {
    if let junit {
      let path = context.folder.pushing(FilePath(junit))
      try FileReplacement.replace([.init(path: path, bytes: Array(report.junit.utf8))])
    }
    format == .json ? context.console.output(json: report.document) : context.console.output(report.text)
    if !report.isRunning, !options.quiet {
      context.console.error("note: \(customer) is not up: its app's image alone was checked\n")
    }
    // The result has said what failed.
    if !report.failed.isEmpty { throw KilnExit.problems }
  }
}
