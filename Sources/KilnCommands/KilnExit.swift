import ArgumentParser
import KilnDiagnostics

/// The command's exit codes.
enum KilnExit {
  /// Problems in the input, or a failed step. Thrown only by a command whose result has just said what is wrong; anything
  /// else throws a `CommandError`.
  static let problems = ExitCode(1)
  /// `--check` found a difference.
  static let difference = ExitCode(2)
  /// SIGINT or SIGTERM, as shells report it.
  static let interrupted = ExitCode(130)
  /// The machine failed: disk, process.
  static let machine = ExitCode(70)

  static func code(of kind: CommandError.Kind) -> ExitCode {
    switch kind {
    case .input, .problem: problems
    case .machine: machine
    case .interrupted: interrupted
    }
  }
}
