import ArgumentParser
import KilnDiagnostics

/// A command that runs in a context, which tests give.
protocol KilnSubcommand: AsyncParsableCommand {
  var color: ColorChoice { get }
  /// How errors are reported.
  var errorReport: ErrorReport { get }
  func run(in context: CommandContext) async throws
}

extension KilnSubcommand {
  var color: ColorChoice { .auto }
  var errorReport: ErrorReport { .init() }
  func run() async throws { try await run(in: .current(color: color)) }
}

/// One that waits for nothing.
protocol SynchronousCommand: KilnSubcommand {
  func run(in context: CommandContext) throws
}

/// How a command reports what ends it.
struct ErrorReport: Sendable {
  var format = DiagnosticRenderer.Format.text
  /// Whether diagnostics are the command's result, and not beside one.
  var isResult = false
}
