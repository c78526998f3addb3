import ArgumentParser
import KilnConsole
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

/// One that works in a workspace.
protocol WorkspaceCommand: KilnSubcommand {
  var options: WorkspaceOptions { get }
}

extension WorkspaceCommand {
  var color: ColorChoice { options.color }
}
