/// When a command runs: the five fields of crontab(5), or one of its names, as `@daily`.
///
/// A schedule means the same in Kubernetes (robfig/cron v3.0.1, `ParseStandard`), in Debian's cron and in systemd's
/// timers. What they read in different ways is refused, with what to write instead: `5/10`, `*/2` for the days beside
/// the other days, ranges that end with a name of Sunday. Use `canonical` and `calendarEvents` for them, not `text`.
///
/// Two schedules are equal where they are written alike.
package struct CronSchedule: Hashable, Sendable {
  /// How the days of the month and of the week select days together.
  package enum DayRule: Sendable {
    /// Every day.
    case any
    /// The days of the month.
    case ofMonth
    /// The days of the week.
    case ofWeek
    /// The days of the month, and those of the week too: both fields are restricted (crontab(5), the note on days).
    case either
  }

  /// Bytes of an expression.
  package static let textLimit = 200

  /// As it was written.
  package let text: String
  package let dayRule: DayRule
  let values: CronFields

  package init(_ text: String) throws(CronError) {
    let parsed = try CronParser.parse(text)
    self.text = text
    self.values = parsed.values
    self.dayRule = parsed.dayRule
  }

  /// 0 to 59, sorted.
  package var minutes: [Int] { values.minutes.sorted }
  /// 0 to 23, sorted.
  package var hours: [Int] { values.hours.sorted }
  /// 1 to 31, sorted; what `dayRule` says decides whether they count.
  package var daysOfMonth: [Int] { values.daysOfMonth.sorted }
  /// 1 to 12, sorted.
  package var months: [Int] { values.months.sorted }
  /// 0 (Sunday) to 6, sorted; what `dayRule` says decides whether they count.
  package var daysOfWeek: [Int] { values.daysOfWeek.sorted }

  /// Whether there is any minute that it has, which `0 0 30 2 *` has not.
  package var fires: Bool { dayRule != .ofMonth || hasDayOfMonth }

  /// Whether a day of the month is in one of the months, in a leap year at least.
  var hasDayOfMonth: Bool {
    values.months.sorted.contains { month in
      values.daysOfMonth.first(from: 1).map { $0 <= Minute.days(in: month, of: 2000) } ?? false
    }
  }

  /// Whether it runs in every hour of its days: such a schedule follows the time that passes, others the clock.
  var isInEveryHour: Bool { values.hours.count == 24 }

  /// Five fields in numbers that every cron reads alike.
  package var canonical: String {
    let anyDay = dayRule == .any
    return [
      CronField.minute.canonical(values.minutes),
      CronField.hour.canonical(values.hours),
      anyDay || dayRule == .ofWeek ? "*" : CronField.dayOfMonth.canonical(values.daysOfMonth),
      CronField.month.canonical(values.months),
      anyDay || dayRule == .ofMonth ? "*" : CronField.dayOfWeek.canonical(values.daysOfWeek),
    ].joined(separator: " ")
  }
}

/// Why a text is no schedule.
package struct CronError: Error, Equatable, Sendable {
  /// What is wrong: "the hour is 0 to 23, not 24".
  package let message: String
  /// What to write instead.
  package let suggestion: String

  package init(_ message: String, suggestion: String) {
    self.message = message
    self.suggestion = suggestion
  }
}

/// The values of a schedule's fields.
struct CronFields: Hashable, Sendable {
  var minutes: CronValues
  var hours: CronValues
  var daysOfMonth: CronValues
  var months: CronValues
  /// 0 (Sunday) to 6.
  var daysOfWeek: CronValues
}
