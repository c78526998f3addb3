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

struct UpCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Run a customer's environment on this machine.",
    discussion: """
      Examples:
        kiln up acme                    builds what is missing, starts all, waits until it is well, prints the URL
        kiln up acme --port 8081        the app at that port; without, the one it had, or one that is free
        kiln up acme --mount            the same, then follows edits of the source until Ctrl-C; `&` for the background
        kiln up acme --no-build         what is there already, or not at all
        kiln up acme --project acme-2   beside the acme of another working copy on the same engine

      Only the app's port is published, and only to this machine. Secrets come from the environment; all that are missing
      are reported at once. `kiln down` takes everything away but the volumes.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: "The app's port on this machine, 1 to 65535; else the one it had, or one that is free.") var port: Int?
  @Flag(help: "Follow edits of the source and the overlays: they show in the running app without a restart.")
  var mount = false
  @Flag(inversion: .prefixedNo, help: "Build images that are missing.") var build = true
  @Option(help: ArgumentHelp("How long to wait until all is well.", valueName: "seconds")) var timeout = 120
  @Option(help: ArgumentHelp("The Compose project's name, from now on; else the customer's.", valueName: "name"))
  var project: String?
  @Flag(help: "Take over what the same workspace left on the engine when it was in another folder.") var adopt = false
  @Argument(help: "The customer.") var customer: String

  func validate() throws {
    if let port, !(1...65535).contains(port) { throw ValidationError("--port is 1 to 65535, not \(port)") }
    if let project, !Self.isProject(project) {
      throw ValidationError("--project takes small letters, digits, - and _, not \"\(project)\"")
    }
  }

  /// Compose's own rule, and a length that leaves room for the names of containers.
  private static func isProject(_ name: String) -> Bool {
    let isFirst = { (byte: UInt8) in (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
    return name.utf8.count < 64 && name.utf8.first.map(isFirst) == true
      && name.utf8.allSatisfy { isFirst($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
  }

  var color: ColorChoice { options.color }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    let up = EnvironmentUp(
      plan: try loaded.plan(of: customer), port: port, isFollowing: mount, isBuilding: build, timeout: timeout,
      project: project, isAdopting: adopt, isQuiet: options.quiet)
    try await up.run(loaded, context)
  }
}
