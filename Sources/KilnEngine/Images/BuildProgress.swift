/// Of what BuildKit prints in plain form, what tells how far it is. Why a build failed is said with the error.
///
///     #8 [3/9] RUN apt-get update && …        shown, cut to a line, without its mounts
///     #8 0.345 Reading package lists...       not shown: thousands of these
///     #8 CACHED                               shown
enum BuildProgress {
  /// Characters of a line.
  private static let limit = 160

  /// The line as it is shown; nil for one that is not.
  static func shown(_ line: String) -> String? {
    guard let step = step(line),
      step.hasPrefix("[") && !step.hasPrefix("[internal]") || step == "CACHED" || step.hasPrefix("ERROR")
    else { return nil }
    let line = withoutMounts(line)
    return line.count > limit ? line.prefix(limit - 1) + "…" : line
  }

  /// What a step runs, and not what is mounted meanwhile.
  private static func withoutMounts(_ line: String) -> String {
    guard let run = line.firstRange(of: "] RUN ") else { return line }
    var rest = line[run.upperBound...]
    while rest.hasPrefix("--mount=") { rest = rest.drop { $0 != " " }.drop { $0 == " " } }
    return String(line[..<run.upperBound] + rest)
  }

  /// What stands behind `#8 `; nil for other lines.
  private static func step(_ line: String) -> Substring? {
    guard line.hasPrefix("#") else { return nil }
    let behind = line.dropFirst().drop { $0.isASCII && $0.isNumber }
    return behind.hasPrefix(" ") && behind.startIndex > line.index(after: line.startIndex) ? behind.dropFirst() : nil
  }
}
