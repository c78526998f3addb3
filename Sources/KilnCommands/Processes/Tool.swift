import KilnDiagnostics
import Subprocess
import Synchronization
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A program that Kiln runs, found on the PATH.
struct Tool: Sendable {
  let name: String

  /// How a program ended.
  struct Outcome: Sendable, Equatable {
    /// The exit code; 128 and the signal's number for one that a signal ended, as shells tell it.
    let code: Int32
    let output: String
    let error: String

    var isSuccess: Bool { code == 0 }
  }

  /// A program that is not there.
  struct Missing: CommandErrorConvertible {
    let name: String

    var commandError: CommandError {
      CommandError(
        "tool.missing", "\(name) is not on the PATH",
        help: name == "git"
          ? "`apt-get install git`, or name another workspace's folder" : "`kiln doctor` says what installs it")
    }
  }

  private static let limit = 64 << 20

  /// Runs to the end; what it prints is kept.
  /// - Parameter input: Its standard input, which nobody else sees.
  func output(_ arguments: [String], environment: [String: String] = [:], input: [UInt8] = []) async throws -> Outcome {
    do {
      let result = try await run(
        .name(name), arguments: Arguments(arguments), environment: Self.inherited(environment),
        input: .array(input), output: .string(limit: Self.limit), error: .string(limit: Self.limit))
      return Outcome(
        code: Self.code(result.terminationStatus), output: result.standardOutput,
        error: result.standardError)
    } catch let error as SubprocessError where error.code == .executableNotFound { throw Missing(name: name) }
  }

  /// Runs to the end; both streams go to `body`, together and piece by piece. SIGINT and SIGTERM are passed on once each,
  /// and the program is waited for.
  /// - Returns: The exit code, as in `Outcome`.
  func stream(
    _ arguments: [String], environment: [String: String] = [:], folder: FilePath? = nil,
    _ body: @Sendable @escaping (UnsafeRawBufferPointer) throws -> Void
  ) async throws -> Int32 {
    Interruption.watch()
    var options = PlatformOptions()
    // In a group of its own it does not get the terminal's signal besides ours: a second one means "at once" to Packer.
    options.processGroupID = 0
    do {
      let result = try await run(
        .name(name), arguments: Arguments(arguments), environment: Self.inherited(environment),
        workingDirectory: folder, platformOptions: options, input: .none, output: .sequence,
        error: .combinedWithOutput
      ) { execution in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            var sent = 0
            while !Task.isCancelled {
              let wanted = Interruption.count
              if wanted > sent {
                sent = wanted
                try? execution.send(signal: .interrupt)
              }
              try? await Task.sleep(for: .milliseconds(50))
            }
          }
          for try await buffer in execution.standardOutput {
            try buffer.withUnsafeBytes { try body($0) }
          }
          group.cancelAll()
        }
      }
      return Self.code(result.terminationStatus)
    } catch let error as SubprocessError where error.code == .executableNotFound { throw Missing(name: name) }
  }

  private static func inherited(_ environment: [String: String]) -> Environment {
    .inherit.updating(
      Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }))
  }

  private static func code(_ status: TerminationStatus) -> Int32 {
    switch status {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  }
}

/// Whether the user wants the command to end: what is half done is then taken back.
enum Interruption {
  struct Failure: Error {}

  private static let wanted = Atomic(0)

  /// From now on SIGINT and SIGTERM are counted.
  static func watch() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in _ = Interruption.wanted.add(1, ordering: .relaxed) }
    }
  }

  /// How often the user has asked.
  static var count: Int { wanted.load(ordering: .relaxed) }

  static func check() throws { if count > 0 { throw Failure() } }
}
