import HostileStrings
import Testing

@testable import KilnSchedule

/// What an expression selects, and what is refused.
struct CronScheduleTests {
  @Test(arguments: [
    ("*", Array(0...59)), ("0", [0]), ("05", [5]), ("59", [59]), ("1,3,2,3", [1, 2, 3]), ("10-13", [10, 11, 12, 13]),
    ("*/15", [0, 15, 30, 45]), ("1-30/10", [1, 11, 21]), ("*/59", [0, 59]), ("7,*/20,50-51", [0, 7, 20, 40, 50, 51]),
    ("5-5", [5]), ("*/1", Array(0...59)),
  ])
  func minutes(_ field: String, _ expected: [Int]) throws {
    #expect(try CronSchedule("\(field) * * * *").minutes == expected)
  }

  @Test(arguments: [
    ("SUN", [0]), ("7", [0]), ("0,7", [0]), ("mon-Fri", [1, 2, 3, 4, 5]), ("5-7", [0, 5, 6]), ("SUN-TUE", [0, 1, 2]),
    ("1-7/2", [0, 1, 3, 5]), ("*/3", [0, 3, 6]), ("0-7", Array(0...6)), ("TUE,sat", [2, 6]),
  ])
  func daysOfTheWeek(_ field: String, _ expected: [Int]) throws {
    #expect(try CronSchedule("0 0 * * \(field)").daysOfWeek == expected)
  }

  @Test func everyFieldIsRead() throws {
    let schedule = try CronSchedule("\t5  6 7\t JAN-mar,dec * ")
    #expect(schedule.text == "\t5  6 7\t JAN-mar,dec * ")
    #expect(schedule.minutes == [5])
    #expect(schedule.hours == [6])
    #expect(schedule.daysOfMonth == [7])
    #expect(schedule.months == [1, 2, 3, 12])
    #expect(schedule.daysOfWeek == Array(0...6))
  }

  @Test(arguments: [
    ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"), ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"),
    ("*/15 * * * *", "*/15 * * * *"), ("0-59/15 * * * *", "*/15 * * * *"), ("0 8-18 * * mon-FRI", "0 8-18 * * 1-5"),
    ("0 0 * * 5-7", "0 0 * * 0,5,6"), ("0 0 1,2,3,9 JAN,feb *", "0 0 1-3,9 1,2 *"), ("0 0 * * 0-7", "0 0 * * *"),
    ("3-59/7 * * * *", "3-59/7 * * * *"), ("1,3,5 * * * *", "1,3,5 * * * *"),
    // Never `*/` for days: cron takes that for all days beside the other field.
    ("0 0 */2 * *", "0 0 1-31/2 * *"), ("0 0 1-31/2 * MON", "0 0 1-31/2 * 1"), ("0 0 * * */2", "0 0 * * 0-6/2"),
    // Every day of the one makes the other say nothing.
    ("0 0 1-31 * MON", "0 0 * * *"), ("0 0 13 * 0-6", "0 0 * * *"),
  ])
  func hasOneFormThatEveryCronReads(_ text: String, _ expected: String) throws {
    let canonical = try CronSchedule(text).canonical
    #expect(canonical == expected)
    #expect(try CronSchedule(canonical).canonical == expected)
  }

  /// crontab(5): "If both fields are restricted, the command will be run when either field matches the current time."
  @Test(arguments: [
    ("0 0 * * *", CronSchedule.DayRule.any), ("0 0 13 * *", .ofMonth), ("0 0 */2 * *", .ofMonth),
    ("0 0 * * FRI", .ofWeek), ("0 0 * * */2", .ofWeek), ("0 0 13 * FRI", .either), ("0 0 1-31/2 * FRI", .either),
    ("0 0 */1 * FRI", .ofWeek), ("0 0 1-31 * FRI", .any), ("0 0 1-31 * *", .any), ("0 0 * * 1-7", .any),
  ])
  func daysOfMonthAndWeekAreBothCounted(_ text: String, _ rule: CronSchedule.DayRule) throws {
    #expect(try CronSchedule(text).dayRule == rule)
  }

  @Test(arguments: [
    ("0 0 29 2 *", true), ("0 0 30 2 *", false), ("0 0 31 4,6,9,11 *", false), ("0 0 31 4-6 *", true),
    ("0 0 30 2 MON", true), ("0 0 30,31 FEB *", false), ("* * * * *", true), ("0 0 31 * *", true),
  ])
  func firesOrNever(_ text: String, _ expected: Bool) throws {
    #expect(try CronSchedule(text).fires == expected)
  }

  static let rejects: [(text: String, message: String, suggestion: String)] = [
    ("", "the schedule is empty", "write five fields, as in `0 3 * * *`, every day at 03:00"),
    (" \t", "the schedule is empty", "write five fields, as in `0 3 * * *`, every day at 03:00"),
    (
      "0 3 * *", "it has 4 fields, not five",
      "write minute, hour, day of the month, month and day of the week, as in `0 3 * * *`, every day at 03:00"
    ),
    ("0 0 3 * * *", "it has six fields", "five fields, as in `0 3 * * *`: seconds cannot be said"),
    ("0 24 * * *", "the hour is 0 to 23, not 24", "write 0 for midnight"),
    ("60 * * * *", "the minute is 0 to 59, not 60", "write 0 for the full hour"),
    ("99999999999999999999 * * * *", "the minute is 0 to 59, not 99999999999999999999", "write a number from 0 to 59"),
    (
      "-1 * * * *", "a number is missing in the minute",
      "write `*`, a number, a range as `1-5`, a list as `1,3` or a step as `*/5`"
    ),
    ("0 0 0 * *", "the day of the month is 1 to 31, not 0", "write 1 for the first"),
    ("0 0 32 * *", "the day of the month is 1 to 31, not 32", "write a number from 1 to 31"),
    ("0 0 1 13 *", "the month is 1 to 12 or JAN to DEC, not 13", "write a number from 1 to 12"),
    ("0 0 * * 8", "the day of the week is 0 to 7 or SUN to SAT, not 8", "write a number from 0 to 7"),
    ("0 0 * * Monday", "the day of the week is 0 to 7 or SUN to SAT, not \"Monday\"", "write MON"),
    ("0 0 1 june *", "the month is 1 to 12 or JAN to DEC, not \"june\"", "write JUN"),
    (
      "0 0 ? * MON", "the day of the month is 1 to 31, not \"?\"", "write `*`"
    ),
    (
      "0 0 L * *", "the day of the month is 1 to 31, not \"L\"",
      "days are said by numbers and names alone: `L`, `W` and `#` are known to some schedulers only"
    ),
    (
      "0 0 * * 1#2", "the day of the week is 0 to 7 or SUN to SAT, not \"1#2\"",
      "days are said by numbers and names alone: `L`, `W` and `#` are known to some schedulers only"
    ),
    (
      "H 3 * * *", "the minute is 0 to 59, not \"H\"", "write a number: `H` is known to Jenkins only"
    ),
    (
      "5/10 * * * *", "Kubernetes reads a step after \"5\" as \"from there on\", and cron does not read it",
      "write the range, as in `5-59/5`"
    ),
    ("*/0 * * * *", "a step of the minute is a number from 1 on, not \"0\"", "write it as in `*/5`"),
    ("*/ * * * *", "a step of the minute is a number from 1 on, not \"\"", "write it as in `*/5`"),
    ("*/2/3 * * * *", "\"*/2/3\" has more than one step", "write one, as in `1-30/5`"),
    (
      "*/90 * * * *", "a step of \"90\" goes beyond 0 to 59, the range of the minute",
      "`*/90` is `0` alone: write that, or a smaller step"
    ),
    (
      "0 22-5 * * *", "the range \"22-5\" of the hour ends before it begins", "write `22-23,0-5`"
    ),
    (
      "0 0 * * FRI-SUN", "the range \"FRI-SUN\" of the day of the week ends before it begins", "write `5-7`"
    ),
    (
      "0 0 * * SAT-MON", "the range \"SAT-MON\" of the day of the week ends before it begins", "write `6,0-1`"
    ),
    ("1-2-3 * * * *", "\"1-2-3\" is no range of the minute", "a range has two ends, as in `1-5`"),
    ("1,,2 * * * *", "a value is missing beside a comma of the minute", "write values, as in `1,2`"),
    ("*,5 * * * *", "`*` in a list of the minute is every value", "write `*` alone"),
    ("0 0 5,* * *", "`*` in a list of the day of the month is every value", "write `*` alone"),
    (
      "0 0 */2 * MON",
      "`*/` for the day of the month beside a day of the week selects other days in Kubernetes than in cron",
      "write the range, as in `1-31/2`: the command then runs on the days of both"
    ),
    (
      "0 0 1 * */2",
      "`*/` for the day of the week beside a day of the month selects other days in Kubernetes than in cron",
      "write the range, as in `0-6/2`: the command then runs on the days of both"
    ),
    ("@reboot", "@reboot has no time", "run it as a step of the app's start, or give it a time"),
    (
      "@every 1h", "@every counts from the start of Kubernetes' controller, and cron has no such thing",
      "write the minutes or hours, as in `*/15 * * * *`"
    ),
    ("@Daily", "@Daily is not in small letters", "write @daily"),
    (
      "@often", "there is no \"@often\"",
      "write one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually"
    ),
    ("CRON_TZ=UTC 0 3 * * *", "a schedule has no time zone in it", "remove \"CRON_TZ=UTC\""),
    (
      "\u{1B}[31m 0 3 * *", "the minute is 0 to 59, not \"?[31m\"",
      "write `*`, a number, a range as `1-5`, a list as `1,3` or a step as `*/5`"
    ),
    (
      "٣ * * * *", "the minute is 0 to 59, not \"٣\"",
      "write `*`, a number, a range as `1-5`, a list as `1,3` or a step as `*/5`"
    ),
    (
      String(repeating: "1,", count: 100) + "1 * * * *", "a schedule has at most 200 characters",
      "write ranges and steps, as in `*/5 8-18 * * 1-5`"
    ),
  ]

  @Test(arguments: rejects.indices) func refuses(_ index: Int) {
    let reject = Self.rejects[index]
    #expect(throws: CronError(reject.message, suggestion: reject.suggestion), "\(reject.text)") {
      try CronSchedule(reject.text)
    }
  }

  /// No text of a stranger's is a schedule by accident, and none ends the program.
  @Test(arguments: hostileStrings) func refusesForeignText(_ text: String) {
    #expect(throws: CronError.self) { try CronSchedule(text) }
    #expect(throws: CronError.self) { try CronSchedule("0 0 * * \(text)x") }
  }
}
