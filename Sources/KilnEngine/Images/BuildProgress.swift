/// Of what BuildKit prints in plain form, what tells how far it is.
///
///     #8 [3/9] RUN apt-get update && …        shown, cut to a line
///     #8 0.345 Reading package lists...       not shown: thousands of these
///     #8 CACHED                               shown
///     ERROR: failed to build: …               shown, as everything without a number
enum BuildProgress {
  /// Characters of a line.
  private static let limit = 160

  /// The line as it is shown; nil for one that is not.
  static func shown(_ line: String) -> String? {
    guard let rest = rest(of: line) else { return line.isEmpty ? nil : line }
    guard rest.hasPrefix("[") && !rest.hasPrefix("[internal]") || rest == "CACHED" || rest.hasPrefix("ERROR") else {
      return nil
    }
    return line.count > limit ? line.prefix(limit - 1) + "…" : line
  }

  /// What stands behind `#8 `; nil for other lines.
  private static func rest(of line: String) -> Substring? {
    guard line.hasPrefix("#") else { return nil }
    let behind = line.dropFirst().drop { $0.isASCII && $0.isNumber }
    return behind.hasPrefix(" ") && behind.startIndex > line.index(after: line.startIndex) ? behind.dropFirst() : nil
  }
}
