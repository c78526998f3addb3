public import ArgumentParser
import KilnConsole
import KilnDiagnostics
import KilnProcesses
import KilnWorkspace

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension KilnCommand {
  /// Once, before anything else: a program that closes its input, and a reader that leaves, are noticed by the writing, and
  /// do not end this process. Programs that it starts have the signal as usual.
  public static func prepare() { signal(SIGPIPE, SIG_IGN) }

  /// Ends the process as `error` asks, after it has been reported in the command's format.
  public static func leave(with error: any Error, of command: (any ParsableCommand)?) -> Never {
    let command = command as? any KilnSubcommand
    let console = Console.standard(
      environment: ProcessEnvironment.variables, color: command?.color ?? .auto)
    exit(withError: report(error, as: command?.errorReport ?? .init(), on: console))
  }

  /// Reports what ended a command: usage and chosen exit codes as they are, anything else as a `CommandError`.
  /// - Returns: The exit code.
  static func report(_ error: any Error, as form: ErrorReport, on console: Console) -> ExitCode {
    if error is ExitCode || exitCode(for: error) != .failure {
      let code = exitCode(for: error)
      let message = fullMessage(for: error) + commandHint(fullMessage(for: error))
      // Help is a result; wrong usage repeats arguments, which a pipeline may have from somebody else.
      if !message.isEmpty { code.isSuccess ? console.output(message + "\n") : console.error(message + "\n") }
      return code
    }
    if error is Interruption.Failure {
      console.error("interrupted: nothing half done is left\n")
      return KilnExit.interrupted
    }
    let trouble = CommandError(ending: error)
    console.report(trouble, as: form)
    return KilnExit.code(of: trouble.kind)
  }

  /// The command that a misspelt one may mean.
  private static func commandHint(_ message: String) -> String {
    let names = configuration.groupedSubcommands.flatMap { $0.subcommands.compactMap { $0.configuration.commandName } }
    guard message.hasPrefix("Error: Unexpected argument '"), let word = message.split(separator: "'").dropFirst().first,
      let name = nearest(to: String(word), among: names)
    else { return "" }
    return "\n" + DiagnosticRenderer.help("did you mean `kiln \(name)`?").dropLast()
  }
}
