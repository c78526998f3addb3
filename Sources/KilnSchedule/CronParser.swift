/// Reads the text of a schedule.
///
/// Sources: crontab(5) and `entry.c` of Debian's cron 3.0pl1; `parser.go` of robfig/cron v3.0.1, which Kubernetes'
/// CronJob has. They differ in what is refused here.
enum CronParser {
  static func parse(_ text: String) throws(CronError) -> (values: CronFields, dayRule: CronSchedule.DayRule) {
    guard text.utf8.count <= CronSchedule.textLimit else {
      throw CronError(
        "a schedule has at most \(CronSchedule.textLimit) characters",
        suggestion: "write ranges and steps, as in `*/5 8-18 * * 1-5`")
    }
    var words = text.split { $0 == " " || $0 == "\t" }
    if let first = words.first {
      if first.first == "@" { words = try expand(words) }
      if first.contains("=") {
        throw CronError("a schedule has no time zone in it", suggestion: "remove \(quoted(first))")
      }
    }
    try check(words)
    let minute = try CronItemParser(.minute).parse(words[0])
    let hour = try CronItemParser(.hour).parse(words[1])
    let dayOfMonth = try CronItemParser(.dayOfMonth).parse(words[2])
    let month = try CronItemParser(.month).parse(words[3])
    let dayOfWeek = try CronItemParser(.dayOfWeek).parse(words[4])
    let values = CronFields(
      minutes: minute.values, hours: hour.values, daysOfMonth: dayOfMonth.values, months: month.values,
      daysOfWeek: dayOfWeek.values)
    return (values, try dayRule(dayOfMonth, dayOfWeek))
  }

  /// A word as it is shown in a message: short, and on one line.
  static func quoted(_ word: some StringProtocol) -> String {
    let shown = word.unicodeScalars.prefix(20).map { scalar in
      scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? "?" : String(scalar)
    }
    return "\"\(shown.joined())\(word.unicodeScalars.count > 20 ? "…" : "")\""
  }

  private static let example = "`0 3 * * *`, every day at 03:00"

  private static func check(_ words: [Substring]) throws(CronError) {
    switch words.count {
    case 5: return
    case 0: throw CronError("the schedule is empty", suggestion: "write five fields, as in \(example)")
    case 6:
      throw CronError("it has six fields", suggestion: "five fields, as in `0 3 * * *`: seconds cannot be said")
    default:
      throw CronError(
        "it has \(words.count) field\(words.count == 1 ? "" : "s"), not five",
        suggestion: "write minute, hour, day of the month, month and day of the week, as in \(example)")
    }
  }

  private static func expand(_ words: [Substring]) throws(CronError) -> [Substring] {
    let known = ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"]
    let choice = "write one of \(known.joined(separator: ", "))"
    switch words.joined(separator: " ") {
    case "@hourly": return ["0", "*", "*", "*", "*"]
    case "@daily", "@midnight": return ["0", "0", "*", "*", "*"]
    case "@weekly": return ["0", "0", "*", "*", "0"]
    case "@monthly": return ["0", "0", "1", "*", "*"]
    case "@yearly", "@annually": return ["0", "0", "1", "1", "*"]
    case "@reboot":
      throw CronError("@reboot has no time", suggestion: "run it as a step of the app's start, or give it a time")
    case let name where name.hasPrefix("@every"):
      throw CronError(
        "@every counts from the start of Kubernetes' controller, and cron has no such thing",
        suggestion: "write the minutes or hours, as in `*/15 * * * *`")
    case let name where known.contains(name.lowercased()):
      throw CronError("\(name) is not in small letters", suggestion: "write \(name.lowercased())")
    case let name: throw CronError("there is no \(quoted(name))", suggestion: choice)
    }
  }

  private static func dayRule(
    _ dayOfMonth: CronItemParser.Field, _ dayOfWeek: CronItemParser.Field
  ) throws(CronError) -> CronSchedule.DayRule {
    if !dayOfMonth.isStar, !dayOfWeek.isStar, dayOfMonth.hasSteppedStar || dayOfWeek.hasSteppedStar {
      let isMonth = dayOfMonth.hasSteppedStar
      let field = isMonth ? "month" : "week"
      throw CronError(
        "`*/` for the day of the \(field) beside a day of the \(isMonth ? "week" : "month") selects other days in "
          + "Kubernetes than in cron",
        suggestion: "write the range, as in `\(isMonth ? "1-31" : "0-6")/2`: the command then runs on the days of both")
    }
    let isEveryDayOfMonth = dayOfMonth.values.count == 31
    let isEveryDayOfWeek = dayOfWeek.values.count == 7
    switch (dayOfMonth.isStar, dayOfWeek.isStar) {
    case (true, true): return .any
    case (false, true): return isEveryDayOfMonth ? .any : .ofMonth
    case (true, false): return isEveryDayOfWeek ? .any : .ofWeek
    case (false, false): return isEveryDayOfMonth || isEveryDayOfWeek ? .any : .either
    }
  }
}
