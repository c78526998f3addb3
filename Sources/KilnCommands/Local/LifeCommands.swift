import ArgumentParser
import Foundation
import KilnDocuments

struct DownCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Take a customer's environment away from this machine; volumes stay.")

  @Flag(help: "Remove the volumes, and the data in them, too; asks first on a terminal.") var volumes = false
  @Flag(help: "Do not ask.") var yes = false
  @Argument(help: "The customer.") var customer: String

  func run() async throws { try await run(in: .current(color: .auto)) }

  func run(in context: CommandContext) async throws {
    if volumes, !yes, isatty(STDIN_FILENO) == 1 {
      context.console.error("This removes the data of \(customer) on this machine. Type \(customer) to go on: ")
      guard readLine() == customer else {
        context.console.error("nothing was removed\n")
        throw KilnExit.problems
      }
    }
    let project = ComposeProject(customer: customer, context: context)
    // A Compose that a killed `kiln up` left behind may still be starting containers: twice nothing is nothing.
    var clean = 0
    while clean < 2 {
      let code = try await project.stream(["down", "--remove-orphans"] + (volumes ? ["--volumes"] : []))
      guard code == 0 else {
        context.console.error("error: docker compose ended with \(code)\n")
        throw KilnExit.problems
      }
      while clean < 2 {
        try await Task.sleep(for: .milliseconds(400))
        try Interruption.check()
        if try await !project.isGone() {
          clean = 0
          break
        }
        clean += 1
      }
    }
  }
}

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Say how a customer's environment on this machine is; exit 1 when it is not well.")

  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Argument(help: "The customer.") var customer: String

  func run() async throws { try await run(in: .current(color: .auto)) }

  func run(in context: CommandContext) async throws {
    let states: [ComposeProject.ServiceState]
    do {
      states = try await ComposeProject(customer: customer, context: context).states()
    } catch let failure as EngineFailure {
      context.console.error("error: \(failure)\n")
      throw KilnExit.problems
    }
    if format == .json {
      let services = states.map { state -> DocumentValue in
        [
          "name": .string(state.Service), "state": .string(state.State), "health": .string(state.Health),
          "well": .bool(state.isWell),
        ]
      }
      context.console.output(json: ["schemaVersion": 1, "customer": .string(customer), "services": .list(services)])
    } else {
      for state in states { context.console.output("\(state.Service): \(state.text)\n") }
      if states.isEmpty { context.console.error("\(customer) is not up\n") }
    }
    if states.isEmpty || states.contains(where: { !$0.isWell }) { throw KilnExit.problems }
  }
}

struct LogsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Print what a customer's services print.")

  @Flag(name: .shortAndLong, help: "Go on as they print.") var follow = false
  @Argument(help: "The customer.") var customer: String
  @Argument(help: "Services; all when none is named.") var services: [String] = []

  func run() async throws {
    let project = ComposeProject(customer: customer, context: .current(color: .auto))
    let arguments = (follow ? ["--follow"] : []) + services
    // Compose's colours are for a terminal; anything else may be a CI system's log.
    let code = try await isatty(STDOUT_FILENO) == 1 ? project.attached(["logs"] + arguments) : project.logs(arguments)
    if code != 0 { throw ExitCode(code) }
  }
}

struct ExecCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec", abstract: "Run a command in a customer's app, or in a service.",
    discussion: """
      Examples:
        kiln exec acme -- php -v
        kiln exec acme --service mariadb -- mariadb
      """)

  @Option(help: "The service.") var service = "app"
  @Argument(help: "The customer.") var customer: String
  @Argument(parsing: .postTerminator, help: "The command.") var command: [String]

  func run() async throws {
    let terminal = isatty(STDIN_FILENO) == 1 ? [] : ["--no-TTY"]
    let project = ComposeProject(customer: customer, context: .current(color: .auto))
    let code = try await project.attached(["exec"] + terminal + [service] + command)
    if code != 0 { throw ExitCode(code) }
  }
}

struct ShellCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shell", abstract: "A shell in a customer's app, or in a service.")

  @Option(help: "The service.") var service = "app"
  @Argument(help: "The customer.") var customer: String

  func run() async throws {
    let terminal = isatty(STDIN_FILENO) == 1 ? [] : ["--no-TTY"]
    let project = ComposeProject(customer: customer, context: .current(color: .auto))
    let code = try await project.attached(["exec"] + terminal + [service, "/bin/bash"])
    if code != 0 { throw ExitCode(code) }
  }
}
