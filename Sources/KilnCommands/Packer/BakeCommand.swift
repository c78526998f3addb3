import ArgumentParser
import KilnConsole
import KilnPacker
import KilnRelease
import KilnWorkspace

struct BakeCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "bake", abstract: "Bake an environment's machine image with Packer.",
    discussion: """
      Examples:
        kiln bake acme                 in Azure, or a container without machine.azure
        kiln bake acme --only docker   a container, to try the playbook without Azure
        kiln bake acme --format json   what was built, as kiln packer-log prints it

      Packs the application, runs `packer build` on the generated template, keeps
      its output in dist/CUSTOMER/packer-build.log and reads it while it runs. goss
      runs inside and fails the build. When all is good and the manifest agrees, the
      spec's deployment parameters are patched; whether they can be is checked
      first. SIGINT goes to Packer, which cleans up.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: "Only this builder: azure-arm or docker; may be repeated.") var only: [String] = []
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Argument(help: "The customer.") var customer: String

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [customer])
    try context.stopOnErrors(loaded)
    let bake = MachineBake(
      plan: try loaded.plan(of: customer), loaded: loaded, only: only, workers: options.workers, isQuiet: options.quiet,
      context: context)
    let report = try await bake.run()
    if format == .json {
      context.console.output(json: report.withoutSignatures.document)
    } else {
      let output = PackerLogOutput(report: report, build: nil, format: .text, showsSecrets: false)
      try output.print(output.all().text, in: context)
    }
  }
}
