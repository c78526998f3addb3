import Synchronization

/// Of what BuildKit prints in plain form, what tells how far it is.
///
///     #8 [3/9] RUN apt-get update && …        shown, cut to a line
///     #8 0.345 Reading package lists...       not shown: thousands of these
///     #8 CACHED                               shown
///     ------                                  shown, and all that follows: BuildKit's account of what failed
///
/// Other lines without a number are pieces that a program's carriage returns left.
final class BuildProgress: Sendable {
  /// Characters of a line.
  private static let limit = 160

  private let isAccount = Mutex(false)

  /// The line as it is shown; nil for one that is not.
  func shown(_ line: String) -> String? {
    guard let rest = Self.rest(of: line) else {
      return isAccount.withLock { isAccount in
        if line == "------" || line.hasPrefix("ERROR") || line.hasPrefix("WARN") { isAccount = true }
        return isAccount && !line.isEmpty ? line : nil
      }
    }
    guard rest.hasPrefix("[") && !rest.hasPrefix("[internal]") || rest == "CACHED" || rest.hasPrefix("ERROR") else {
      return nil
    }
    return line.count > Self.limit ? line.prefix(Self.limit - 1) + "…" : line
  }

  /// What stands behind `#8 `; nil for other lines.
  private static func rest(of line: String) -> Substring? {
    guard line.hasPrefix("#") else { return nil }
    let behind = line.dropFirst().drop { $0.isASCII && $0.isNumber }
    return behind.hasPrefix(" ") && behind.startIndex > line.index(after: line.startIndex) ? behind.dropFirst() : nil
  }
}
