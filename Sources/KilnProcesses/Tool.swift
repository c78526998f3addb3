package import KilnDiagnostics
package import SystemPackage

/// A program that Kiln runs, and what runs it.
package struct Tool: Sendable {
  package let name: String
  private let runner: any ProcessRunner

  package init(_ name: String, _ runner: any ProcessRunner) {
    self.name = name
    self.runner = runner
  }

  /// How a program ended.
  package struct Outcome: Sendable, Equatable {
    /// The exit code; 128 and the signal's number for one that a signal ended, as shells report it.
    package let code: Int32
    package let output: String
    package let error: String

    package init(code: Int32 = 0, output: String = "", error: String = "") {
      self.code = code
      self.output = output
      self.error = error
    }

    package var isSuccess: Bool { code == 0 }
  }

  /// A program that is not there.
  package struct Missing: CommandErrorConvertible {
    package let name: String

    package init(name: String) { self.name = name }

    package var commandError: CommandError {
      CommandError(
        "tool.missing", "\(name) is not on the PATH",
        help: name == "git"
          ? "`apt-get install git`, or name the folder of another workspace, as in ../before"
          : "`kiln doctor` says what installs it")
    }
  }

  /// A program that printed more than is kept of it; it was ended.
  package struct TooMuchOutput: CommandErrorConvertible {
    package let name: String
    /// Bytes.
    package let limit: Int

    package var commandError: CommandError {
      CommandError(
        "tool.output", "\(name) printed more than \(limit >> 20) MiB",
        help: "what it was asked may be without end: a file, a page or a command")
    }
  }

  /// A program that did not end in time; it was ended.
  package struct TimedOut: CommandErrorConvertible {
    package let name: String
    package let seconds: Double

    package init(name: String, seconds: Double) {
      self.name = name
      self.seconds = seconds
    }

    package var commandError: CommandError {
      CommandError("tool.timeout", "\(name) did not end within \(Int(seconds)) s")
    }
  }

  /// Runs to the end; what it prints is kept.
  /// - Parameters:
  ///   - isShielded: Whether it runs to its end when the user interrupts the command.
  ///   - limit: Seconds that it may take; nil for no limit.
  /// - Throws: `Missing`, `TooMuchOutput`, `TimedOut`.
  package func output(
    _ arguments: [String], environment: [String: String] = [:], input: [UInt8] = [], folder: FilePath? = nil,
    isShielded: Bool = false, limit: Double? = nil
  ) async throws -> Outcome {
    try await runner.output(
      Invocation(
        name, arguments, environment: environment, input: input, folder: folder, isShielded: isShielded,
        limit: limit))
  }

  /// Runs to the end; both streams go to `body`, together and piece by piece.
  /// - Parameter isInterruptedWhole: Whether an interruption goes to all that the program has started, too.
  /// - Returns: The exit code, as in `Outcome`.
  package func stream(
    _ arguments: [String], environment: [String: String] = [:], folder: FilePath? = nil,
    isInterruptedWhole: Bool = false,
    _ body: @Sendable @escaping (UnsafeRawBufferPointer) throws -> Void
  ) async throws -> Int32 {
    try await runner.stream(
      Invocation(
        name, arguments, environment: environment, folder: folder, isInterruptedWhole: isInterruptedWhole), body)
  }

  /// Runs to the end with files for its input and output.
  /// - Parameter isShielded: Whether it runs to its end when the user interrupts the command.
  package func redirected(
    _ arguments: [String], input: FileDescriptor? = nil, output: FileDescriptor? = nil, isShielded: Bool = false
  ) async throws -> Outcome {
    try await runner.redirected(Invocation(name, arguments), input: input, output: output, isShielded: isShielded)
  }

  /// Runs with this process's own input, output and error.
  package func attached(_ arguments: [String], environment: [String: String] = [:]) async throws -> Int32 {
    try await runner.attached(Invocation(name, arguments, environment: environment))
  }
}
