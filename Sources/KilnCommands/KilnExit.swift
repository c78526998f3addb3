import ArgumentParser

/// The command's exit codes.
enum KilnExit {
  /// Problems in the input, or a failed step.
  static let problems = ExitCode(1)
  /// `--check` found a difference.
  static let difference = ExitCode(2)
  /// SIGINT or SIGTERM, as shells tell it.
  static let interrupted = ExitCode(130)
  /// The machine failed: disk, process.
  static let machine = ExitCode(70)
}
