import KilnConsole

/// What an engine printed when it failed, as far as it says why.
enum BuildFailure {
  /// How many lines are shown where the engine does not mark the failing step's own.
  private static let limit = 15

  /// BuildKit repeats the failing step's last lines between two rules, below its name:
  ///
  ///     ------
  ///      > [4/5] RUN make:
  ///     0.345 error: no rule
  ///     ------
  ///
  /// The engine's own last word comes after the Dockerfile's excerpt. Of other engines the last lines are taken.
  static func lines(of output: String) -> [String] {
    let lines = output.split(whereSeparator: \.isNewline).map { Relayed.safe(String($0)) }
    let last = Array(lines.suffix(limit))
    guard let title = lines.lastIndex(where: { $0.hasPrefix(" > [") }),
      let end = lines[title...].firstIndex(of: "------")
    else { return last }
    let step = lines[title..<end].suffix(limit)
    return Array(step) + lines[end...].filter { $0.hasPrefix("ERROR: ") }.suffix(1)
  }
}
