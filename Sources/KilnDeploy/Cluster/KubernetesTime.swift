/// Points in time as Kubernetes writes them: RFC 3339 in UTC, with microseconds in a Lease.
enum KubernetesTime {
  /// As in `2026-11-27T01:02:03.000000Z`.
  static func micro(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.down))
    let micro = Int((seconds - Double(whole)) * 1_000_000)
    return "\(text(whole).dropLast()).\(padded(micro, 6))Z"
  }

  /// As in `2026-11-27T01:02:03Z`.
  static func text(_ seconds: Int) -> String {
    let days = Int((Double(seconds) / 86400).rounded(.down))
    let rest = seconds - days * 86400
    let (year, month, day) = date(days)
    let clock = [rest / 3600, rest / 60 % 60, rest % 60].map { padded($0, 2) }.joined(separator: ":")
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(clock)Z"
  }

  /// Seconds since 1970; nil for what is no time in UTC.
  static func seconds(_ text: String) -> Double? {
    let parts = text.split(whereSeparator: { "-T:Z".contains($0) }).map(String.init)
    guard text.hasSuffix("Z"), parts.count == 6, let second = Double(parts[5]) else { return nil }
    let numbers = parts.prefix(5).compactMap { Int($0) }
    guard numbers.count == 5, (1...12).contains(numbers[1]) else { return nil }
    let days = days(numbers[0], numbers[1], numbers[2])
    return Double(days * 86400 + numbers[3] * 3600 + numbers[4] * 60) + second
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }

  /// Days since 1970-01-01 of a date; years begin in March, so that a leap day ends one.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = year / 400
    let ofEra = year - era * 400
    let ofYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719468
  }

  private static func date(_ days: Int) -> (Int, Int, Int) {
    let shifted = days + 719468
    let era = shifted / 146097
    let ofEra = shifted - era * 146097
    let year = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146096) / 365
    let ofYear = ofEra - (365 * year + year / 4 - year / 100)
    let month = (5 * ofYear + 2) / 153
    let day = ofYear - (153 * month + 2) / 5 + 1
    return (year + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, day)
  }
}
