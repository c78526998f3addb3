import ArgumentParser
import KilnConsole
import KilnMachines
import KilnWorkspace

struct ImagesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "images", abstract: "List the images that bakes have left in Azure, and remove what nobody needs.",
    subcommands: [ImagesListCommand.self, ImagesPruneCommand.self])
}

struct ImagesListCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List a customer's images, and which releases have them.")

  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @OptionGroup var options: WorkspaceOptions
  @Argument(help: "The customer.") var customer: String

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    try await MachineImages(loaded, customer, context).show(asJSON: format == .json)
  }
}

struct ImagesPruneCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Remove images that no release needs.",
    discussion: """
      Examples:
        kiln images prune acme                   show what would be removed
        kiln images prune acme --yes             remove it
        kiln images prune acme --keep 90 --yes   only what is older than 90 days

      An image stays while a stage runs it, or one of the stage's last ten releases
      has run it. Images of other customers, and those that Kiln did not bake, are
      not looked at.
      """)

  @Option(help: ArgumentHelp("How old an image is at least.", valueName: "days")) var keep = 30
  @Flag(help: "Remove it; without, it is only shown.") var yes = false
  @OptionGroup var options: WorkspaceOptions
  @Argument(help: "The customer.") var customer: String

  func validate() throws {
    if !(0...36_500).contains(keep) { throw ValidationError("--keep takes days, from 0 to 36500") }
  }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    try await MachineImages(loaded, customer, context).prune(days: keep, isRemoving: yes)
  }
}
