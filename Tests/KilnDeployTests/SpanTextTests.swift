import KilnDeploy
import Testing

struct SpanTextTests {
  @Test(arguments: [
    (0, "0 s"), (-3, "0 s"), (59, "59 s"), (60, "1 min"), (270, "4 min 30 s"), (3600, "1 h"), (3659, "1 h"),
    (7261, "2 h 1 min"), (86400, "1 d"), (273_659, "3 d 4 h"),
  ])
  func isRead(seconds: Int, text: String) { #expect(SpanText.text(seconds: seconds) == text) }

  @Test(arguments: [("90s", 90), ("10m", 600), ("1h30m", 5400), ("2d", 172800), ("1d1h1m1s", 90061)])
  func isTaken(text: String, seconds: Int) { #expect(SpanText.seconds(text) == seconds) }

  @Test(arguments: [
    "", "0s", "5", "m", "5 m", "-5m", "5M", "1m1h", "1m1m", "1.5h", "99999999999999999999s", "5m ", "٣m",
  ])
  func isNotTaken(text: String) { #expect(SpanText.seconds(text) == nil) }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_795_740_019, "2026-11-27T00:40:19Z"),
    (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
  ])
  func datesAreOfTheCalendar(seconds: Int, text: String) { #expect(UTCTime.stamp(seconds) == text) }
}
