import ArgumentParser
import KilnConsole
import KilnDeploy
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
import KilnMachines
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnWorkspace

struct DownCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Stop and remove customers' environments on this machine; volumes stay.",
    discussion: "Only what this workspace has put on the engine is removed.")

  @Flag(help: "Remove the volumes, and the data in them, too; asks first, or takes --yes.") var volumes = false
  @Flag(help: "Do not ask.") var yes = false
  @OptionGroup var folder: LocalOptions.Folder
  @Argument(help: "Customers.") var customers: [String]

  func run(in context: CommandContext) async throws {
    try await each(of: customers, in: context, isTitled: true) { customer in
      let environment = try folder.environment(customer, in: context)
      // Before the question: what is not this workspace's is not asked for.
      try await environment.ownObjects()
      if volumes, !yes { try environment.confirmRemoval() }
      try await environment.takeAway(withVolumes: volumes)
    }
  }
}

struct StatusCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show the services of environments on this machine, and their URLs; with --stage, in their clusters.",
    discussion: "Exit 1 when a customer named is not up, or a service is not healthy.")

  @Option(help: "What runs in this stage's cluster; `default` where the spec has no stages.") var stage: String?

  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @OptionGroup var folder: LocalOptions.Folder
  @Argument(help: "Customers; all that are up when none is named.") var customers: [String] = []

  func run(in context: CommandContext) async throws {
    if let stage { return try await show(stage, in: context) }
    let all =
      customers.isEmpty
      ? try await LocalEnvironment.customersWithContainers(root: folder.root(in: context), context) : customers
    let isOne = customers.count == 1
    var documents: [DocumentValue] = []
    if all.isEmpty { context.console.error("no environment of this workspace is up\n") }
    defer {
      if format == .json, let document = DocumentValue.results(documents, isOne: isOne) {
        context.console.output(json: document)
      }
    }
    try await each(of: all, in: context) { customer in
      let status = try await folder.environment(customer, in: context).status()
      documents.append(status.document)
      if format == .text { context.console.output(status.text(isOneOfSeveral: !isOne)) }
      if status.services.isEmpty { context.console.error("\(customer) is not up\n") }
      // The result has said which service is not well.
      if !status.isWell { throw KilnExit.problems }
    }
  }
}

extension StatusCommand {
  /// What is deployed.
  private func show(_ stage: String, in context: CommandContext) async throws {
    let loaded = try context.load(workspace: folder.workspace, customers: customers, workers: Workers(count: nil))
    try context.stopOnErrors(loaded)
    let names = loaded.plans.filter(\.isDeployed).map(\.customer)
    let name = stage == KubernetesPlan.onlyName ? nil : stage
    let stages = try EnvironmentStages(loaded, names, stage: name, context)
    if try await !stages.showStatus(asJSON: format == .json, on: context.console) { throw KilnExit.problems }
  }
}

struct LogsCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Print what a customer's services print.")

  @Flag(name: .shortAndLong, help: "Follow new output.") var follow = false
  @OptionGroup var local: LocalOptions
  @Argument(help: "Apps, services, workers and schedules; all when none is named.") var services: [String] = []

  func run(in context: CommandContext) async throws {
    let environment = try local.environment(in: context)
    try await environment.stopUnlessThere(services)
    let code = try await environment.project.logs((follow ? ["--follow"] : []) + services)
    if code != 0 { throw ExitCode(code) }
  }
}

struct ExecCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "exec", abstract: "Run a command in a customer's app, or in another container.",
    discussion: """
      Examples:
        kiln exec acme -- php -v
        kiln exec acme portal -- node --version   the app portal of several
        kiln exec acme mariadb --user root -- mariadb
        kiln exec acme care-queue -- ps           the worker queue of the app care
      """)

  @Option(help: "The account; else the container's own.") var user: String?
  @OptionGroup var local: LocalOptions
  @Argument(help: "The app, service, worker or schedule; the only app where none is named.") var service: String?
  @Argument(parsing: .postTerminator, help: "The command.") var command: [String]

  func run(in context: CommandContext) async throws {
    let code = try await local.environment(in: context).exec(command, in: service, as: user)
    if code != 0 { throw ExitCode(code) }
  }
}

struct ShellCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "shell", abstract: "A shell in a customer's app, or in another container.")

  @Option(help: "The account; else the container's own.") var user: String?
  @OptionGroup var local: LocalOptions
  @Argument(help: "The app, service, worker or schedule; the only app where none is named.") var service: String?

  func run(in context: CommandContext) async throws {
    let code = try await local.environment(in: context).exec(["/bin/bash"], in: service, as: user)
    if code != 0 { throw ExitCode(code) }
  }
}
