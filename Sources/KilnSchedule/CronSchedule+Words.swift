extension CronSchedule {
  /// The schedule in English: "every 15 minutes", "Monday to Friday at 08:30".
  package var words: String {
    let time = CronTimeWords(values)
    let days = CronDayWords(values, dayRule).text
    let words: String
    switch (days, time.isEveryDay) {
    case (nil, true): words = time.text
    case (nil, false): words = "every day\(time.joint)\(time.text)"
    case (let days?, _): words = "\(days)\(time.joint)\(time.text)"
    }
    return fires ? words : "never (\(words))"
  }
}

/// The minutes and hours of a schedule in words.
struct CronTimeWords {
  /// "at 03:00, 14:00", "every 2 hours".
  let text: String
  /// It goes on through day and night, so that "every day" before it says nothing.
  let isEveryDay: Bool
  /// What stands between the days and it.
  var joint: String { text.hasPrefix("at ") ? " " : ", " }

  /// Times of a day that are listed rather than described.
  private static let listed = 6

  init(_ values: CronFields) {
    let minutes = values.minutes
    let hours = values.hours
    let step = hours.count > 2 && minutes.count == 1 ? hours.period(of: 24) : nil
    isEveryDay = hours.count == 24 || step != nil
    if hours.count == 24 {
      text = Self.ofEveryHour(minutes)
    } else if let step, let minute = minutes.first(from: 0) {
      text = "every \(step) hours" + (minute == 0 ? "" : " from 00:\(twoDigits(minute))")
    } else if let run = hours.runs.first, run.count == hours.count, let text = Self.within(run, minutes) {
      self.text = text
    } else if minutes.count * hours.count <= Self.listed {
      let times = hours.sorted.flatMap { hour in
        minutes.sorted.map { "\(twoDigits(hour)):\(twoDigits($0))" }
      }
      text = "at \(times.joined(separator: ", "))"
    } else {
      let name = hours.count == 1 ? "hour" : "hours"
      text = "\(Self.phrase(minutes)) of the \(name) \(CronWords.list(hours) { "\($0)" })"
    }
  }

  private static func ofEveryHour(_ minutes: CronValues) -> String {
    if minutes.count == 60 { return "every minute" }
    if let step = minutes.period(of: 60) { return "every \(step) minutes" }
    if minutes.count == 1, minutes.contains(0) { return "every hour" }
    return "\(phrase(minutes)) of every hour"
  }

  /// "every 15 minutes from 09:00 to 17:45"; nil where the times are not evenly apart, or few.
  private static func within(_ hours: ClosedRange<Int>, _ minutes: CronValues) -> String? {
    guard hours.count * minutes.count > 2, let first = minutes.sorted.first, let last = minutes.sorted.last else {
      return nil
    }
    let bounds =
      "from \(twoDigits(hours.lowerBound)):\(twoDigits(first)) to \(twoDigits(hours.upperBound)):\(twoDigits(last))"
    if minutes.count == 60 { return "every minute \(bounds)" }
    if minutes.count == 1 { return "every hour \(bounds)" }
    if let step = minutes.period(of: 60) { return "every \(step) minutes \(bounds)" }
    guard hours.count == 1 else { return nil }
    if let step = minutes.step { return "every \(step) minutes \(bounds)" }
    return minutes.runs.count == 1 ? "every minute \(bounds)" : nil
  }

  /// "every minute", "every 15 minutes", "at minutes 5, 10 to 20".
  private static func phrase(_ minutes: CronValues) -> String {
    if minutes.count == 60 { return "every minute" }
    let name = minutes.count == 1 ? "minute" : "minutes"
    return "at \(name) \(CronWords.list(minutes) { "\($0)" })"
  }
}

/// The days of a schedule in words.
struct CronDayWords {
  /// "Monday to Friday", "on the 1st of January"; nil for every day.
  let text: String?

  init(_ values: CronFields, _ rule: CronSchedule.DayRule) {
    let months = values.months.count == 12 ? nil : CronWords.list(values.months, and: true) { Self.months[$0 - 1] }
    let inMonths = months.map { " \(values.months.isOneRun ? "from" : "in") \($0)" }
    let ofMonth = Self.ofMonth(values.daysOfMonth)
    switch rule {
    case .any: text = inMonths.map { "every day\($0)" }
    case .ofMonth: text = "\(ofMonth) of \(months ?? "every month")"
    case .ofWeek: text = Self.ofWeek(values.daysOfWeek) + (inMonths ?? "")
    case .either:
      let head = inMonths.map { "\($0.dropFirst()), " } ?? ""
      let days = values.daysOfWeek.fromMonday.isOneRun ? "every day from" : "every"
      text = "\(head)\(ofMonth) of the month and on \(days) \(Self.week(values.daysOfWeek))"
    }
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]

  /// "on the 1st and 15th", "on every 2nd day from the 1st to the 31st".
  private static func ofMonth(_ days: CronValues) -> String {
    let sorted = days.sorted
    if let step = days.step, sorted.count > 3, let first = sorted.first, let last = sorted.last {
      return "on every \(CronWords.ordinal(step)) day from the \(CronWords.ordinal(first)) to the "
        + CronWords.ordinal(last)
    }
    return "on the \(CronWords.list(days, and: true, CronWords.ordinal))"
  }

  /// "on Sunday", "Monday to Friday".
  private static func ofWeek(_ days: CronValues) -> String {
    days.fromMonday.isOneRun ? week(days) : "on \(week(days))"
  }

  private static func week(_ days: CronValues) -> String {
    let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    return CronWords.list(days.fromMonday, and: true) { names[$0 - 1] }
  }
}

enum CronWords {
  /// "1, 5 to 9"; with `and`, "Monday, Wednesday and Friday". Three neighbours and more are a range.
  static func list(_ values: CronValues, and isSentence: Bool = false, _ name: (Int) -> String) -> String {
    let parts = values.runs.flatMap { run in
      run.count < 3 ? run.map(name) : ["\(name(run.lowerBound)) to \(name(run.upperBound))"]
    }
    guard isSentence, parts.count > 1, let last = parts.last else { return parts.joined(separator: ", ") }
    return "\(parts.dropLast().joined(separator: ", ")) and \(last)"
  }

  /// "1st", "22nd", "13th".
  static func ordinal(_ number: Int) -> String {
    switch (number % 10, number % 100) {
    case (_, 11...13): "\(number)th"
    case (1, _): "\(number)st"
    case (2, _): "\(number)nd"
    case (3, _): "\(number)rd"
    default: "\(number)th"
    }
  }
}

extension CronValues {
  /// Three neighbours or more, which read as "from … to …".
  var isOneRun: Bool { count > 2 && runs.count == 1 }
}
