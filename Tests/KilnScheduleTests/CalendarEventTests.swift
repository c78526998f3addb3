import Foundation
import Testing

@testable import KilnSchedule

/// The schedule as systemd's timers have it.
struct CalendarEventTests {
  @Test(arguments: [
    ("* * * * *", ["*-*-* *:*:00"]),
    ("0 3 * * *", ["*-*-* 03:00:00"]),
    ("30 8 * * 1-5", ["Mon..Fri *-*-* 08:30:00"]),
    ("*/15 9-17 * * *", ["*-*-* 09..17:00/15:00"]),
    ("5,20 * * * *", ["*-*-* *:05,20:00"]),
    ("0 0 * * 0,6", ["Sat,Sun *-*-* 00:00:00"]),
    ("0 0 * * 5-7", ["Fri..Sun *-*-* 00:00:00"]),
    ("0 0 1 1,7 *", ["*-01,07-01 00:00:00"]),
    ("0 0 */2 * *", ["*-*-01/2 00:00:00"]),
    ("1-30/10 * * * *", ["*-*-* *:01,11,21:00"]),
    // systemd takes the days that fit both fields; cron those that fit one.
    ("0 0 13 * FRI", ["*-*-13 00:00:00", "Fri *-*-* 00:00:00"]),
    ("0 0 30 2 MON", ["Mon *-02-* 00:00:00"]),
    ("0 0 30 2 *", []),
  ])
  func isWritten(_ text: String, _ expected: [String]) throws {
    #expect(try CronSchedule(text).calendarEvents == expected)
  }

  private static let tool = "/usr/bin/systemd-analyze"
  private static let count = 8

  /// systemd computes the same minutes from the events as `next` does from the fields.
  @Test(.enabled(if: Bash.has(tool), "systemd-analyze is not here")) func systemdAgrees() throws {
    var random = Seeded(2)
    let fixed = ["0 0 29 2 *", "0 0 13 * FRI", "0 0 31 4-6 *", "*/15 9-17 * * 1-5", "0 0 30 2 MON", "0 0 * * 5-7"]
    let schedules = try (fixed + (0..<150).map { _ in randomSchedule(&random) }).map { try CronSchedule($0) }
    let start = minute("2026-11-26 10:07")
    let minutes = try elapses(schedules.flatMap(\.calendarEvents), after: start)
    for schedule in schedules {
      var expected: [String] = []
      var next = schedule.next(after: start)
      while let minute = next, expected.count < Self.count {
        expected.append(minute.description)
        next = schedule.next(after: minute)
      }
      let found = Set(schedule.calendarEvents.flatMap { minutes[$0] ?? [] }).sorted().prefix(Self.count)
      #expect(Array(found) == expected, "\(schedule.text): \(schedule.calendarEvents)")
    }
  }

  /// The next minutes of each event, by the event.
  private func elapses(_ events: [String], after start: CronSchedule.Minute) throws -> [String: [String]] {
    let result = try Bash.run(
      [Self.tool, "calendar", "--iterations=\(Self.count)", "--base-time=\(start):30"] + events)
    try #require(result.code == 0, "\(result.output)")
    var minutes: [String: [String]] = [:]
    let blocks = result.output.components(separatedBy: "\n\n")
    try #require(blocks.count == events.count)
    for (event, block) in zip(events, blocks) {
      // "  Next elapse: Mon 2027-02-01 08:00:00 UTC" and "  Iter. #2: …"
      minutes[event] = block.split(separator: "\n").compactMap { line in
        guard line.contains("Next elapse: ") || line.contains("Iter. #") else { return nil }
        let words = line.split(separator: " ")
        return words.count > 3 ? words.suffix(3).prefix(2).joined(separator: " ").dropLast(3).description : nil
      }
    }
    return minutes
  }
}
