import ArgumentParser
import KilnArtifacts
import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnEngine
import KilnGeneration
import KilnPlan
import KilnSpec
import KilnWorkspace
import SystemPackage

struct UpCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Run customers' environments on this machine.",
    discussion: """
      Examples:
        kiln up acme                    build what is missing, start, print the URL
        kiln up acme --open             the same, and open https://acme.localhost/
        kiln up acme globex             the same for two, one after the other
        kiln up acme --port 8081        the app at that port
        kiln up acme --mount            the same, then follow edits until Ctrl-C
        kiln up acme --no-build         only images that exist already
        kiln up acme --project acme-2   beside the acme of another working copy

      Only the app's port is published, and only to this machine, with HTTPS in
      front of it: https://APP.CUSTOMER.localhost/. Where port 443 is in use,
      KILN_HTTPS_PORT=8443 takes another one. Values of secrets come from variables;
      all that are missing are reported at once. `kiln down` stops and removes
      everything but the volumes.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(
    help: ArgumentHelp(
      "The app's port on this machine, 1 to 65535; else the one it had, or one that is free. May be repeated, as in care=8081.",
      valueName: "[app=]port"))
  var port: [String] = []
  @Flag(help: "Follow edits of the source and the overlays: they show in the running app without a restart.")
  var mount = false
  @Flag(inversion: .prefixedNo, help: "Build images that are missing.") var build = true
  @Option(help: "Give the apps what they are given in this stage, until the next `kiln up`.") var stage: String?
  @Flag(inversion: .prefixedNo, help: "Serve the apps by HTTPS under names, from now on (default: --proxy)")
  var proxy: Bool?
  @Flag(help: "Print the address for browsers, and open it there.") var open = false
  @Option(
    help: ArgumentHelp("How long to wait until all is healthy.", valueName: "seconds"), transform: OptionRule.seconds)
  var timeout = 120
  @Option(help: ArgumentHelp("The Compose project's name, from now on; else the customer's.", valueName: "name"))
  var project: String?
  @Flag(help: "Take over what the same workspace left on the engine when it was in another folder.") var adopt = false
  @Flag(help: "Print all that the engine prints while it builds, not only its steps.") var verbose = false
  @Argument(help: "Customers.") var customers: [String]

  func validate() throws {
    try options.refuse(verbose: verbose)
    if let port = port.first(where: { !PortChoice.isValid($0) }) {
      throw ValidationError("--port is 1 to 65535, not \(PortChoice.number(port))")
    }
    try OptionRule.onlyOne(customers, ["--port": !port.isEmpty, "--mount": mount, "--project": project != nil])
    if let project, !LocalEnvironment.isProject(project) {
      throw ValidationError("--project takes lower-case letters, digits, - and _, not \"\(project)\"")
    }
  }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: customers)
    try context.stopOnErrors(loaded)
    try await each(of: customers, in: context, isTitled: !options.quiet) { customer in
      var plan = try loaded.plan(of: customer)
      if let stage { plan = try plan.stage(named: stage) }
      var up = EnvironmentUp(
        plan: plan, ports: try PortChoice.ports(port, of: plan), isFollowing: mount, isBuilding: build,
        timeout: timeout, project: project, isAdopting: adopt, isQuiet: options.quiet,
        isOneOfSeveral: customers.count > 1)
      (up.isVerbose, up.stage, up.isProxied, up.isOpening) = (verbose, stage, proxy, open)
      try await up.run(loaded, context)
    }
  }
}
