package import SystemPackage

/// Runs programs that are found on the PATH. Tests script one.
package protocol ProcessRunner: Sendable {
  /// Runs to the end; what it prints is kept.
  /// - Throws: `Tool.Missing` where there is no such program.
  func output(_ invocation: Invocation) async throws -> Tool.Outcome

  /// Runs to the end; both streams go to `body`, together and piece by piece. SIGINT and SIGTERM are passed on once each,
  /// and the program is waited for.
  /// - Returns: The exit code, as in `Tool.Outcome`.
  func stream(
    _ invocation: Invocation, _ body: @Sendable @escaping (UnsafeRawBufferPointer) throws -> Void
  ) async throws -> Int32

  /// Runs to the end with files for its input and output, of any size; what it prints as errors is kept.
  ///
  /// SIGINT and SIGTERM are passed on as by `stream`, unless it is shielded: what takes something back runs to its end.
  func redirected(
    _ invocation: Invocation, input: FileDescriptor?, output: FileDescriptor?, isShielded: Bool
  ) async throws -> Tool.Outcome

  /// Runs with this process's own input, output and error.
  func attached(_ invocation: Invocation) async throws -> Int32
}

/// A program and what it is started with.
package struct Invocation: Sendable, Equatable {
  package let program: String
  package let arguments: [String]
  /// Besides this process's own.
  package let environment: [String: String]
  /// Its standard input, which nobody else sees.
  package let input: [UInt8]
  /// Where it runs; else here.
  package let folder: FilePath?
  /// Whether a terminal's SIGINT leaves it alone where its output is kept: it runs to its end.
  package let isShielded: Bool
  /// Whether an interruption goes to all that it has started, too: a script that waits for a program does not pass it on.
  package let isInterruptedWhole: Bool
  /// Seconds after which it is ended with all that it has started, where its output is kept; nil for no limit.
  package let limit: Double?

  package init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], input: [UInt8] = [],
    folder: FilePath? = nil, isShielded: Bool = false, isInterruptedWhole: Bool = false,
    limit: Double? = nil
  ) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.input = input
    self.folder = folder
    self.isShielded = isShielded
    self.isInterruptedWhole = isInterruptedWhole
    self.limit = limit
  }
}
