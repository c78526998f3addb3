import ArgumentParser
import KilnConsole
import KilnHTTP
import KilnVerify
import KilnWorkspace

struct TestCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run customers' tests, each customer's in an environment of its own.",
    discussion: """
      Examples:
        kiln test acme                      all tests of acme
        kiln test acme --only smoke         one; may be repeated
        kiln test acme globex --junit tests.xml
        kiln test acme --keep               leave the environment up, to look at it
        kiln test acme --url https://qa.acme.example   test a deployment

      Builds what is missing, starts the very images that are released under a name
      of their own, runs the jobs that come before a deployment and `seed`, then each
      test as a container beside them, and removes everything. Reports, files and
      logs are in dist/CUSTOMER/tests. Exit 1 when a test failed.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: ArgumentHelp("Only this test; may be repeated.", valueName: "test")) var only: [String] = []
  @Flag(help: "Leave the environment up; the next run removes it.") var keep = false
  @Option(
    help: ArgumentHelp("How long to wait until all is healthy.", valueName: "seconds"), transform: OptionRule.seconds)
  var timeout = 120
  @Option(
    help: ArgumentHelp(
      "Test a deployment at this address: tests have it as KILN_URL, and nothing else is started.", valueName: "url"),
    transform: OptionRule.address)
  var url: HTTPAddress?
  @Option(help: ArgumentHelp("Write JUnit's XML to a file, a case for each test.", valueName: "file")) var junit:
    String?
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Argument(help: "Customers.") var customers: [String]

  func validate() throws {
    try OptionRule.onlyOne(customers, ["--only": !only.isEmpty, "--url": url != nil])
  }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: customers)
    try context.stopOnErrors(loaded)
    var output = VerificationOutput(
      isJSON: format == .json, isQuiet: options.quiet, junit: junit, isTitled: customers.count > 1, context)
    defer { output.finish() }
    try await each(of: customers, in: context) { customer in
      let run = TestRun(
        plan: try loaded.plan(of: customer), loaded: loaded, names: only, timeout: timeout, isKeeping: keep,
        isQuiet: options.quiet, address: url, context)
      // The result has said what failed.
      if try await !output.addTests(run) { throw KilnExit.problems }
    }
  }
}
