import ArgumentParser
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnHosts
import KilnPlan
import KilnWorkspace

/// `kiln hosts`: machines that Ansible provisions.
struct HostsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hosts", abstract: "Provision machines with Ansible: users, firewall, Docker, HTTPS, metrics, stacks.",
    subcommands: [
      HostsCheckCommand.self, HostsPlanCommand.self, HostsApplyCommand.self, HostsVerifyCommand.self,
      HostsStatusCommand.self, HostsShellCommand.self, HostsCloudInitCommand.self, HostsInventoryCommand.self,
    ])
}

/// What all commands take that ask hosts.
struct HostOptionGroup: ParsableArguments {
  @OptionGroup var options: WorkspaceOptions
  @Option(help: ArgumentHelp("Hosts at once.", valueName: "number"), transform: OptionRule.forks) var forks = 20
  @Flag(name: .shortAndLong, help: "Print Ansible's own warnings as well.") var verbose = false
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Argument(help: "Hosts or groups; all when none is named.") var hosts: [String] = []

  func validate() throws { try options.refuse(verbose: verbose) }

  /// - Returns: What came of it; hosts that failed are reported.
  func run(_ mode: HostRun.Mode, in context: CommandContext) async throws -> HostResults {
    let loaded = try context.load(options, customers: [])
    try context.stopOnErrors(loaded)
    let hosts = try loaded.hosts(named: hosts)
    var run = HostRun(loaded, hosts, mode, context)
    (run.forks, run.isQuiet, run.isVerbose) = (forks, options.quiet, verbose)
    return HostResults(hosts, try await run.run(), mode)
  }

  /// Reports hosts that failed, and ends the command where one has.
  func finish(_ results: HostResults) throws {
    let failures = results.failures
    guard failures.isEmpty else { throw CommandError(failures, kind: .problem) }
  }
}

struct HostsCheckCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check the hosts' specs and Ansible's syntax; no host is asked.")

  @OptionGroup var group: HostOptionGroup
  var options: WorkspaceOptions { group.options }

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(group.options, customers: [])
    try context.stopOnErrors(loaded)
    let hosts = try loaded.hosts(named: group.hosts)
    try await HostRun(loaded, hosts, .plan, context).checkSyntax()
    let groups = Set(hosts.map(\.group)).count
    context.console.output(
      "\(Phrase.count(hosts.count, "host")) in \(Phrase.count(groups, "group")), \(Phrase.count(hosts.flatMap(\.stacks).count, "stack"))\n"
    )
  }
}

struct HostsPlanCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Print what apply would change on hosts; exit 2 when there is something.")

  @OptionGroup var group: HostOptionGroup
  var options: WorkspaceOptions { group.options }

  func run(in context: CommandContext) async throws {
    let results = try await group.run(.plan, in: context)
    if group.format == .json {
      context.console.output(json: results.document)
    } else {
      context.console.output(results.differences)
      context.console.error(results.summary)
    }
    try group.finish(results)
    if results.hasChanges { throw KilnExit.difference }
  }
}

struct HostsApplyCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Bring hosts to what their specs say.",
    discussion: """
      Examples:
        kiln hosts apply                 all hosts
        kiln hosts apply partners        the hosts of a group
        kiln hosts apply north south     two hosts

      A host that fails does not stop the others; exit 1 then. Running it again goes
      on where it ended, and changes nothing where everything is done.
      """)

  @OptionGroup var group: HostOptionGroup
  var options: WorkspaceOptions { group.options }

  func run(in context: CommandContext) async throws {
    let results = try await group.run(.apply, in: context)
    group.format == .json ? context.console.output(json: results.document) : context.console.output(results.summary)
    try group.finish(results)
  }
}

struct HostsVerifyCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check hosts from inside and from here: pages, passwords, closed ports.")

  @OptionGroup var group: HostOptionGroup
  var options: WorkspaceOptions { group.options }

  func run(in context: CommandContext) async throws {
    let results = try await group.run(.verify, in: context)
    let checks = try await HostOutside(results, context).run()
    if group.format == .json {
      context.console.output(json: HostOutside.document(results, checks))
    } else {
      context.console.output(HostOutside.text(checks))
      context.console.error(results.summary)
    }
    let failures = results.failures + checks.filter { !$0.isGood }.map(\.diagnostic)
    guard failures.isEmpty else { throw CommandError(failures, kind: .problem) }
  }
}

struct HostsStatusCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Print what hosts are and what is not as their specs say; exit 2 where something is.",
    discussion: """
      Versions, disks, days that certificates have, stacks and their health; and what
      somebody changed by hand since the last apply.
      """)

  @OptionGroup var group: HostOptionGroup
  var options: WorkspaceOptions { group.options }

  func run(in context: CommandContext) async throws {
    let results = try await group.run(.status, in: context)
    let all = zip(results.hosts, results.outcomes).map { HostStatus($0, $1) }
    if group.format == .json {
      context.console.output(json: ["schemaVersion": 1, "hosts": .list(all.map(\.document))])
    } else {
      context.console.output(all.map(\.text).joined())
    }
    try group.finish(results)
    if all.contains(where: { !$0.drift.isEmpty || !$0.troubles.isEmpty }) { throw KilnExit.difference }
  }
}

struct HostsShellCommand: WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "ssh", abstract: "Open a shell on a host, or run a command there.",
    discussion: """
      Examples:
        kiln hosts ssh north
        kiln hosts ssh north --user anna -- sudo kiln-stack status
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: "The account; Ansible's without.") var user: String?
  @Argument(help: "The host.") var host: String
  @Argument(parsing: .postTerminator, help: "A command for the host's shell.") var command: [String] = []

  func run(in context: CommandContext) async throws {
    let loaded = try context.load(options, customers: [])
    let found = try loaded.hosts(named: [host])
    guard found.count == 1, let only = found.first else {
      throw CommandError(
        "hosts.several", "\(host) is a group of \(found.count)",
        help: "name one: \(Phrase.some(found.map(\.name), limit: 20))")
    }
    let code = try await HostShell(only, loaded, context).run(as: user, command)
    if code != 0 { throw ExitCode(code) }
  }
}

struct HostsInventoryCommand: WorkspaceCommand, SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "inventory", abstract: "Print the inventory as Ansible's inventory scripts do.",
    discussion: """
      As a script for Ansible:
        printf '#!/bin/sh\\nexec kiln hosts inventory --workspace DIR\\n' > inventory
      """)

  @OptionGroup var options: WorkspaceOptions
  @Flag(help: "Ansible asks so; it is what is printed anyway.") var list = false
  @Option(help: "Ansible asks so for one host: {} is printed, since --list has all.") var host: String?

  func run(in context: CommandContext) throws {
    if host != nil { return context.console.output(json: [:]) }
    let loaded = try context.load(options, customers: [])
    try context.stopOnErrors(loaded)
    context.console.output(json: try loaded.inventory())
  }
}

struct HostsCloudInitCommand: WorkspaceCommand, SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "cloud-init",
    abstract: "Print user data with which a new machine provisions itself at its first boot.",
    discussion: """
      Example:
        kiln hosts cloud-init north --repository https://git.example.com/ops.git \\
          --commit "$(git rev-parse HEAD)" > user-data

      The machine runs `ansible-pull` on the repository's generated/hosts. What needs
      a password or a secret comes with the first `kiln hosts apply`.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: "The Git repository of the workspace, as the machine reaches it.") var repository: String
  @Option(help: "The commit's whole id.") var commit: String
  @Argument(help: "The host.") var host: String

  func run(in context: CommandContext) throws {
    let loaded = try context.load(options, customers: [])
    try context.stopOnErrors(loaded)
    context.console.output(try loaded.cloudInit(host: host, repository: repository, commit: commit))
  }
}
