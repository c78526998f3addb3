/// Points in time as people and programs read them, always in UTC.
package enum UTCTime {
  /// `2026-11-27 00:40`.
  package static func minute(_ seconds: Int) -> String { "\(date(seconds)) \(clock(seconds).prefix(5))" }

  /// `2026-11-27T00:40:19Z`, as RFC 3339 has it.
  package static func stamp(_ seconds: Int) -> String { "\(date(seconds))T\(clock(seconds))Z" }

  private static func clock(_ seconds: Int) -> String {
    let second = floorMod(seconds, 86400)
    return [second / 3600, second / 60 % 60, second % 60].map(two).joined(separator: ":")
  }

  /// Days to a date of the Gregorian calendar, with years that begin in March.
  /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
  private static func date(_ seconds: Int) -> String {
    let days = (seconds - floorMod(seconds, 86400)) / 86400 + 719_468
    let era = (days - floorMod(days, 146_097)) / 146_097
    let day = floorMod(days, 146_097)
    let year = (day - day / 1460 + day / 36524 - day / 146_096) / 365
    let dayOfYear = day - (365 * year + year / 4 - year / 100)
    let month = (5 * dayOfYear + 2) / 153
    let number = month < 10 ? month + 3 : month - 9
    let full = String(year + era * 400 + (number <= 2 ? 1 : 0))
    let padded = String(repeating: "0", count: max(0, 4 - full.count)) + full
    return "\(padded)-\(two(number))-\(two(dayOfYear - (153 * month + 2) / 5 + 1))"
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

  private static func floorMod(_ a: Int, _ b: Int) -> Int { (a % b + b) % b }
}
