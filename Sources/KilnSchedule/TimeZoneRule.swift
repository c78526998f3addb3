/// A time zone by its IANA name, with the rule that the C library reads from `TZ` without any file of zones.
///
/// The rule is the last line of the zone's TZif file (RFC 9636, section 3.3): what holds from its last recorded change
/// on. The table is compiled in, so that what Kiln writes is the same on every machine.
package struct TimeZoneRule: Hashable, Sendable {
  /// `Europe/Berlin`.
  package let name: String
  /// As POSIX's `TZ`: `CET-1CEST,M3.5.0,M10.5.0/3`.
  package let posix: String
  /// Whether the rule is right on all days of the eleven years after the data's own. Palestine's clocks change for
  /// Ramadan too, which no rule can say: a time is an hour off there for some weeks of the year.
  package let isExact: Bool

  /// Nil where IANA has no zone of that name; names are written in one way, as Kubernetes reads them on Linux.
  package init?(named name: String) {
    guard let line = Self.lines[name] else { return nil }
    self.name = name
    isExact = !line.hasPrefix("~")
    posix = String(isExact ? line : line.dropFirst())
  }

  /// All names, links and old ones too, sorted.
  package static let names = lines.keys.sorted()

  /// The version of IANA's data in the table, as `2026f`.
  package static var version: String { TimeZoneTable.version }

  /// Names and their rules; `~` stands before a rule that is not exact.
  private static let lines: [String: Substring] = {
    var lines: [String: Substring] = [:]
    for line in TimeZoneTable.text.split(separator: "\n") {
      guard let blank = line.firstIndex(of: " ") else { continue }
      lines[String(line[..<blank])] = line[line.index(after: blank)...]
    }
    return lines
  }()
}
