extension CronSchedule {
  /// Years that are searched: the 29th of February can be eight years away, where a century has no leap year.
  private static let reach = 28

  package func matches(_ minute: Minute) -> Bool {
    values.minutes.contains(minute.minute) && values.hours.contains(minute.hour)
      && values.months.contains(minute.month) && hasDay(minute.year, minute.month, minute.day)
  }

  /// The first minute after `minute` that the schedule has; nil where it never fires, and after the year 9999.
  package func next(after minute: Minute) -> Minute? {
    guard fires else { return nil }
    var (month, day) = (minute.month, minute.day)
    // The time of day to begin with: none but the first day's is behind us.
    var start = (hour: minute.hour, minute: minute.minute + 1)
    for year in minute.year...(minute.year + Self.reach) {
      while let found = values.months.first(from: month) {
        if found != month { (month, day, start) = (found, 1, (0, 0)) }
        while day <= Minute.days(in: month, of: year) {
          if hasDay(year, month, day), let time = time(from: start) {
            return Minute(year: year, month: month, day: day, hour: time.hour, minute: time.minute)
          }
          day += 1
          start = (0, 0)
        }
        (month, day, start) = (month + 1, 1, (0, 0))
      }
      (month, day, start) = (1, 1, (0, 0))
    }
    return nil
  }

  private func hasDay(_ year: Int, _ month: Int, _ day: Int) -> Bool {
    switch dayRule {
    case .any: true
    case .ofMonth: values.daysOfMonth.contains(day)
    case .ofWeek: values.daysOfWeek.contains(Minute.weekday(year, month, day))
    case .either:
      values.daysOfMonth.contains(day) || values.daysOfWeek.contains(Minute.weekday(year, month, day))
    }
  }

  /// The first time of a day from `start` on, whose minute may be 60.
  private func time(from start: (hour: Int, minute: Int)) -> (hour: Int, minute: Int)? {
    guard let hour = values.hours.first(from: start.hour) else { return nil }
    if hour == start.hour, let minute = values.minutes.first(from: start.minute) { return (hour, minute) }
    let later = hour == start.hour ? values.hours.first(from: hour + 1) : hour
    guard let later, let minute = values.minutes.first(from: 0) else { return nil }
    return (later, minute)
  }
}
