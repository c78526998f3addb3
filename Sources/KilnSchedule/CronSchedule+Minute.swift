extension CronSchedule {
  /// A minute of the calendar and the clock on the wall, in no time zone. The calendar is Gregorian throughout.
  package struct Minute: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// 1 to 9999.
    package let year: Int
    package let month: Int
    package let day: Int
    package let hour: Int
    package let minute: Int

    /// Nil for what no calendar has, as the 30th of February.
    package init?(year: Int, month: Int, day: Int, hour: Int, minute: Int) {
      guard
        (1...9999).contains(year), (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day),
        (0...23).contains(hour), (0...59).contains(minute)
      else { return nil }
      self.year = year
      self.month = month
      self.day = day
      self.hour = hour
      self.minute = minute
    }

    /// How many days a month has.
    static func days(in month: Int, of year: Int) -> Int {
      switch month {
      case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
      case 4, 6, 9, 11: 30
      default: 31
      }
    }

    /// 0 (Sunday) to 6, by Sakamoto's rule.
    static func weekday(_ year: Int, _ month: Int, _ day: Int) -> Int {
      let shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][month - 1]
      let year = month < 3 ? year - 1 : year
      return (year + year / 4 - year / 100 + year / 400 + shift + day) % 7
    }

    /// 0 (Sunday) to 6.
    package var weekday: Int { Self.weekday(year, month, day) }

    /// `2026-11-26 03:00`.
    package var description: String {
      let year = String(year)
      let padded = String(repeating: "0", count: 4 - year.count) + year
      return "\(padded)-\(twoDigits(month))-\(twoDigits(day)) \(twoDigits(hour)):\(twoDigits(minute))"
    }

    package static func < (one: Minute, other: Minute) -> Bool {
      (one.year, one.month, one.day, one.hour, one.minute)
        < (other.year, other.month, other.day, other.hour, other.minute)
    }
  }
}

/// `05` for 5.
func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
