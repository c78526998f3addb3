import ArgumentParser
import KilnConsole
import KilnHTTP
import KilnVerify
import KilnWorkspace

struct VerifyCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check an environment against its spec: what runs, or its images.",
    discussion: """
      Examples:
        kiln verify acme                      what runs; else the app's image
        kiln verify acme globex               two, one after the other
        kiln verify acme --junit report.xml   the same, with JUnit's XML for CI
        kiln verify acme --parity             container and machine side by side
        kiln verify acme --url https://care.acme.example   a deployment, from outside

      While the environment is up, goss runs in every container, the pages of
      `health` and `checks` are asked for, and the app must reach each service.
      --parity compares packages, files, users, variables and the page of what
      `kiln build` and `kiln bake --only docker` made, and prints every difference.
      Exit 1 when one is not declared by a step's `only:`. --url asks `health` and
      `checks` at an address, and of HTTPS whether the certificate is trusted and
      not about to end and whether HTTP leads to it; CURL_CA_BUNDLE names another
      authority's certificate.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Flag(help: "Compare the container's image with the machine's.") var parity = false
  @Option(help: ArgumentHelp("The container's image; else what kiln build made.", valueName: "image"))
  var container: String?
  @Option(help: ArgumentHelp("The machine's image; else what kiln bake's manifest names.", valueName: "image"))
  var machine: String?
  @Option(
    help: ArgumentHelp("Ask a deployment at this address instead, from outside.", valueName: "url"),
    transform: OptionRule.address)
  var url: HTTPAddress?
  @Option(help: ArgumentHelp("With --url: whose pages are asked; the only app where none is named.", valueName: "app"))
  var app: String?
  @Option(help: ArgumentHelp("Write JUnit's XML to a file.", valueName: "file")) var junit: String?
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Argument(help: "Customers.") var customers: [String]

  func validate() throws {
    try OptionRule.onlyOne(
      customers, ["--url": url != nil, "--container": container != nil, "--machine": machine != nil])
    if url != nil, parity || container != nil || machine != nil {
      throw ValidationError("--url asks what runs: leave out --parity, --container and --machine")
    }
    if url == nil, app != nil { throw ValidationError("--app is for --url") }
  }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: customers)
    try context.stopOnErrors(loaded)
    var output = VerificationOutput(
      isJSON: format == .json, isQuiet: options.quiet, junit: junit, isTitled: customers.count > 1, context)
    defer { output.finish() }
    try await each(of: customers, in: context) { customer in
      let check = EnvironmentCheck(
        plan: try loaded.plan(of: customer), loaded: loaded, image: container, context: context)
      let isGood =
        parity
        ? try await output.addParity(of: check, machine: machine)
        : try await output.addChecks(of: check, at: url, app: app)
      // The result has said what is wrong.
      if !isGood { throw KilnExit.problems }
    }
  }
}
