import ArgumentParser
import KilnConsole
import KilnEngine
import KilnProcesses
import KilnWorkspace
import SystemPackage

struct VolumesCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "volumes", abstract: "List a customer's volumes on this machine and what they hold.")

  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @OptionGroup var local: LocalOptions

  func run(in context: CommandContext) async throws {
    let loaded = try local.workspace(in: context)
    let plan = try loaded.plan(of: local.customer)
    try await context.docker.check()
    let volumes = try await local.environment(in: context).volumes(of: plan)
    if format == .json { return context.console.output(json: volumes.document) }
    context.console.output(volumes.text)
    if volumes.volumes.isEmpty { context.console.error("\(local.customer) keeps nothing\n") }
  }
}

struct BackupCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Write what a customer's environment keeps to one file.",
    discussion: """
      Examples:
        kiln backup acme                        all of it, to dist/acme/backup.tar
        kiln backup acme care-uploads mariadb   a volume and a database
        kiln backup acme --output acme.tar      to another file

      Databases are written by their own dump programs and go on running; a service
      that has none is stopped while its files are read. The same data gives the
      same bytes. The file holds the customer's data: only you can read it.
      """)

  @Option(name: .shortAndLong, help: ArgumentHelp("The file; else dist/CUSTOMER/backup.tar.", valueName: "file"))
  var output: String?
  @Flag(help: "Replace a file that is there.") var force = false
  @OptionGroup var local: LocalOptions
  @Argument(help: "Volumes and data services; all when none is named.") var names: [String] = []

  func run(in context: CommandContext) async throws {
    let plan = try local.workspace(in: context).plan(of: local.customer)
    let backup = EnvironmentBackup(
      plan: plan, environment: try local.environment(in: context), names: names,
      output: output.map { context.folder.pushing(FilePath($0)) }, isForced: force)
    context.console.output("\(try await backup.run())\n")
  }
}

struct RestoreCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Replace what a customer's environment keeps by a backup.",
    discussion: """
      Examples:
        kiln restore acme acme.tar                 all that the file has
        kiln restore acme acme.tar care-uploads    one volume of it
        kiln restore acme-test acme.tar --of acme  another customer's data

      The whole file is checked first. What is there is overwritten: asks for the
      customer's name unless --yes. Apps, workers and schedules are stopped
      meanwhile. Needs the environment up: `kiln up` makes volumes and databases.
      """)

  @Flag(help: "Do not ask.") var yes = false
  @Option(
    name: .customLong("of"), help: ArgumentHelp("Whose backup it is; else CUSTOMER's own.", valueName: "customer"))
  var source: String?
  @OptionGroup var local: LocalOptions
  @Argument(help: "What `kiln backup` wrote.") var file: String
  @Argument(help: "Volumes and data services; all that the file has when none is named.") var names: [String] = []

  func run(in context: CommandContext) async throws {
    let plan = try local.workspace(in: context).plan(of: local.customer)
    var restore = EnvironmentRestore(
      plan: plan, environment: try local.environment(in: context), file: context.folder.pushing(FilePath(file)),
      names: names, source: source)
    try await restore.run(unasked: yes)
  }
}

extension LocalOptions {
  fileprivate func workspace(in context: CommandContext) throws -> LoadedWorkspace {
    let loaded = try context.load(workspace: folder.workspace, customers: [customer], workers: Workers(count: nil))
    try context.stopOnErrors(loaded)
    return loaded
  }
}
