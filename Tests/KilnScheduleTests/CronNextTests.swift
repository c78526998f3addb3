import Testing

@testable import KilnSchedule

/// Which minutes a schedule has.
struct CronNextTests {
  typealias Minute = CronSchedule.Minute

  @Test(arguments: [
    ("* * * * *", "2026-11-26 03:00", "2026-11-26 03:01"),
    ("* * * * *", "2026-12-31 23:59", "2027-01-01 00:00"),
    ("0 3 * * *", "2026-11-26 03:00", "2026-11-27 03:00"),
    ("0 3 * * *", "2026-11-26 02:59", "2026-11-26 03:00"),
    ("*/15 9-17 * * 1-5", "2026-11-27 17:45", "2026-11-30 09:00"),
    ("0 0 31 * *", "2026-11-01 00:00", "2026-12-31 00:00"),
    ("0 0 29 2 *", "2026-01-01 00:00", "2028-02-29 00:00"),
    // 2100 is no leap year.
    ("0 0 29 2 *", "2096-02-29 00:00", "2104-02-29 00:00"),
    // Friday, or the 13th.
    ("0 0 13 * FRI", "2026-11-12 00:00", "2026-11-13 00:00"),
    ("0 0 13 * FRI", "2026-11-13 00:00", "2026-11-20 00:00"),
    ("0 0 30 2 MON", "2026-02-23 00:00", "2027-02-01 00:00"),
    ("59 23 31 12 *", "2026-12-31 23:59", "2027-12-31 23:59"),
  ])
  func comesNext(_ text: String, _ after: String, _ expected: String) throws {
    let next = try CronSchedule(text).next(after: minute(after))
    #expect(next?.description == expected)
  }

  @Test func whatNeverFiresHasNoNextMinute() throws {
    #expect(try CronSchedule("0 0 30 2 *").next(after: minute("2026-01-01 00:00")) == nil)
  }

  @Test func theCalendarEndsWithTheYear9999() throws {
    #expect(try CronSchedule("* * * * *").next(after: minute("9999-12-31 23:59")) == nil)
  }

  /// The next minute is the first one that matches, whatever the schedule.
  @Test func nextIsTheFirstThatMatches() throws {
    var random = Seeded(1)
    for _ in 0..<200 {
      let schedule = try CronSchedule(randomSchedule(&random))
      var minute = randomMinute(&random)
      let next = schedule.next(after: minute)
      for _ in 0..<5000 {
        minute = after(minute)
        if minute == next {
          #expect(schedule.matches(minute), "\(schedule.text) \(minute)")
          break
        }
        #expect(!schedule.matches(minute), "\(schedule.text) \(minute)")
      }
    }
  }

  /// The rarest schedule is found without a walk over every minute.
  @Test(.timeLimit(.minutes(15))) func isFoundAtOnce() throws {
    let schedule = try CronSchedule("59 23 29 2 *")
    for _ in 0..<10_000 { _ = schedule.next(after: minute("2096-03-01 00:00")) }
  }

  @Test(arguments: [(2026, 2, 29), (2100, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0), (0, 1, 1)])
  func noSuchDay(_ year: Int, _ month: Int, _ day: Int) {
    #expect(Minute(year: year, month: month, day: day, hour: 0, minute: 0) == nil)
  }

  @Test(arguments: [("2026-11-26 00:00", 4), ("2000-02-29 00:00", 2), ("1970-01-01 00:00", 4), ("2027-01-03 00:00", 0)])
  func dayOfTheWeek(_ text: String, _ expected: Int) throws {
    #expect(minute(text).weekday == expected)
    #expect(minute(text).description == text)
  }

  private func after(_ minute: Minute) -> Minute {
    let dates = [
      (minute.year, minute.month, minute.day, minute.hour, minute.minute + 1),
      (minute.year, minute.month, minute.day, minute.hour + 1, 0), (minute.year, minute.month, minute.day + 1, 0, 0),
      (minute.year, minute.month + 1, 1, 0, 0), (minute.year + 1, 1, 1, 0, 0),
    ]
    return dates.lazy.compactMap { Minute(year: $0.0, month: $0.1, day: $0.2, hour: $0.3, minute: $0.4) }.first
      ?? minute
  }
}
