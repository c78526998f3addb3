import ArgumentParser
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnMachines
import KilnWorkspace

struct ImagesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "images", abstract: "List the images that bakes have left in Azure, and remove what nobody needs.",
    subcommands: [ImagesListCommand.self, ImagesPruneCommand.self])
}

struct ImagesListCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List a customer's images, and which releases have them.")

  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @OptionGroup var options: WorkspaceOptions
  @Argument(help: "The customer.") var customer: String

  var color: ColorChoice { options.color }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    let images = try await MachineImages(loaded, customer, context).all()
    format == .json
      ? context.console.output(json: MachineImages.document(images))
      : context.console.output(MachineImages.text(images))
  }
}

struct ImagesPruneCommand: KilnSubcommand {
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

  var color: ColorChoice { options.color }

  func validate() throws {
    if !(0...36_500).contains(keep) { throw ValidationError("--keep takes days, from 0 to 36500") }
  }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    let stock = try MachineImages(loaded, customer, context)
    let images = stock.removable(try await stock.all(), days: keep)
    if images.isEmpty {
      return context.console.error("nothing to remove: every image is needed, or younger than \(keep) days\n")
    }
    context.console.output(MachineImages.text(images))
    guard yes else {
      return context.console.error("\(Phrase.count(images.count, "image")) would be removed: --yes removes them\n")
    }
    for image in images {
      try await stock.remove(image)
      context.console.error("removed \(image.reference)\n")
    }
  }
}
