import ArgumentParser
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
import KilnPlan
import KilnProcesses

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

struct DownCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Take a customer's environment away from this machine; volumes stay.",
    discussion: "Only what this workspace has put on the engine is removed.")

  @Flag(help: "Remove the volumes, and the data in them, too; asks first on a terminal.") var volumes = false
  @Flag(help: "Do not ask.") var yes = false
  @OptionGroup var local: LocalOptions

  func run(in context: CommandContext) async throws {
    try await local.run(in: context) { environment in
      let customer = environment.customer
      // Before the question: what is not this workspace's is not asked for.
      try await environment.ownObjects()
      if volumes, !yes, isatty(STDIN_FILENO) == 1 {
        context.console.error("This removes the data of \(customer) on this machine. Type \(customer) to go on: ")
        guard readLine() == customer else {
          throw CommandError("down.declined", "nothing was removed: the answer was not \(customer)")
        }
      }
      try await environment.takeAway(withVolumes: volumes)
    }
  }
}

struct StatusCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Say how a customer's environment on this machine is, and where; exit 1 when it is not well.")

  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @OptionGroup var local: LocalOptions

  func run(in context: CommandContext) async throws {
    try await local.run(in: context) { environment in
      try await environment.ownObjects()
      let states = try await environment.project.states()
      if format == .json {
        let services = states.map { state -> DocumentValue in
          [
            "name": .string(state.Service), "state": .string(state.State), "health": .string(state.Health),
            "well": .bool(state.isWell), "url": state.url.map { .string($0) } ?? .null,
          ]
        }
        context.console.output(json: [
          "schemaVersion": 1, "customer": .string(environment.customer), "services": .list(services),
        ])
      } else {
        for state in states {
          context.console.output("\(state.Service): \(state.text)\(state.url.map { ", \($0)" } ?? "")\n")
        }
        if states.isEmpty { context.console.error("\(environment.customer) is not up\n") }
      }
      // The result has said which service is not well.
      if states.isEmpty || states.contains(where: { !$0.isWell }) { throw KilnExit.problems }
    }
  }
}

struct LogsCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Print what a customer's services print.")

  @Flag(name: .shortAndLong, help: "Go on as they print.") var follow = false
  @OptionGroup var local: LocalOptions
  @Argument(help: "Services; all when none is named.") var services: [String] = []

  func run(in context: CommandContext) async throws {
    try await local.run(in: context) { environment in
      for service in services { try await environment.stopUnlessThere(service) }
      if services.isEmpty { try await environment.ownObjects() }
      let project = environment.project
      let arguments = (follow ? ["--follow"] : []) + services
      // Compose's colours are for a terminal; anything else may be a CI system's log.
      let isTerminal = isatty(STDOUT_FILENO) == 1
      let code = try await isTerminal ? project.attached(["logs"] + arguments) : project.logs(arguments)
      if code != 0 { throw ExitCode(code) }
    }
  }
}

struct ExecCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "exec", abstract: "Run a command in a customer's app, or in a service.",
    discussion: """
      Examples:
        kiln exec acme -- php -v
        kiln exec acme --service mariadb --user root -- mariadb
        kiln exec acme --service postgresql -- psql
      """)

  @Option(help: "The service.") var service = EnvironmentPlan.appService
  @Option(help: "The account; else the image's own.") var user: String?
  @OptionGroup var local: LocalOptions
  @Argument(parsing: .postTerminator, help: "The command.") var command: [String]

  func run(in context: CommandContext) async throws {
    try await local.run(in: context) { environment in
      let code = try await environment.exec(command, in: service, as: user)
      if code != 0 { throw ExitCode(code) }
    }
  }
}

struct ShellCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "shell", abstract: "A shell in a customer's app, or in a service.")

  @Option(help: "The service.") var service = EnvironmentPlan.appService
  @Option(help: "The account; else the image's own.") var user: String?
  @OptionGroup var local: LocalOptions

  func run(in context: CommandContext) async throws {
    try await local.run(in: context) { environment in
      let code = try await environment.exec(["/bin/bash"], in: service, as: user)
      if code != 0 { throw ExitCode(code) }
    }
  }
}
