extension CronSchedule {
  /// The schedule as `OnCalendar=` of systemd's timers, without a time zone: `Mon..Fri *-*-* 08:30:00`.
  ///
  /// None for a schedule that never fires; two where days of the month and of the week both count, because an event of
  /// systemd's has the days that fit both (systemd.time(7), "Calendar Events").
  package var calendarEvents: [String] {
    let month = Self.event(values.months, of: .month)
    let time = "\(Self.event(values.hours, of: .hour)):\(Self.event(values.minutes, of: .minute)):00"
    let everyDay = "*-\(month)-* \(time)"
    let ofMonth = hasDayOfMonth ? "*-\(month)-\(Self.event(values.daysOfMonth, of: .dayOfMonth)) \(time)" : nil
    let ofWeek = "\(Self.weekdays(values.daysOfWeek)) \(everyDay)"
    switch dayRule {
    case .any: return [everyDay]
    case .ofMonth: return [ofMonth].compactMap(\.self)
    case .ofWeek: return [ofWeek]
    case .either: return [ofMonth, ofWeek].compactMap(\.self)
    }
  }

  /// `*`, `00/15`, `08..18,20`.
  private static func event(_ values: CronValues, of field: CronField) -> String {
    if values.count == field.all.count { return "*" }
    let sorted = values.sorted
    if let step = values.step, let first = sorted.first, let last = sorted.last, last + step > field.all.upperBound {
      return "\(twoDigits(first))/\(step)"
    }
    return values.runs.map { run in list(run, twoDigits) }.joined(separator: ",")
  }

  private static func weekdays(_ values: CronValues) -> String {
    let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    return values.fromMonday.runs.map { run in list(run) { names[$0 - 1] } }.joined(separator: ",")
  }

  private static func list(_ run: ClosedRange<Int>, _ name: (Int) -> String) -> String {
    run.count < 3
      ? run.map(name).joined(separator: ",") : "\(name(run.lowerBound))..\(name(run.upperBound))"
  }
}

extension CronValues {
  /// Days of the week as 1 (Monday) to 7.
  var fromMonday: CronValues {
    var days = self
    if days.contains(0) {
      days.remove(0)
      days.insert(7)
    }
    return days
  }
}
