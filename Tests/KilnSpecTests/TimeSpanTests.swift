import KilnSpec
import Testing

struct TimeSpanTests {
  @Test(arguments: [
    ("0s", 0, "0s"), ("800ms", 800, "800ms"), ("1.5s", 1500, "1500ms"), ("60s", 60_000, "1m"), ("90s", 90_000, "90s"),
    ("1h", 3_600_000, "1h"), ("0.001s", 1, "1ms"), ("1.005s", 1005, "1005ms"), ("0.1m", 6000, "6s"),
    ("9999999s", 9_999_999_000, "9999999s"),
  ]) func reads(_ text: String, _ milliseconds: Int, _ shown: String) {
    let span = TimeSpan(text)
    #expect(span?.milliseconds == milliseconds && span?.text == shown)
  }

  @Test(arguments: [
    "", "5", "s", "-1s", "1 s", "01s", "1.s", ".5s", "1.2345s", "0.5ms", "1d", "1e3s", "12345678s", "１s",
  ])
  func refuses(_ text: String) { #expect(TimeSpan(text) == nil) }

  @Test(arguments: [
    ("0%", 0.0, "0%"), ("1%", 0.01, "1%"), ("0.5%", 0.005, "0.5%"), ("99.999%", 0.99999, "99.999%"),
    ("2.50%", 0.025, "2.5%"), ("9999%", 99.99, "9999%"),
  ])
  func readsPercentages(_ text: String, _ fraction: Double, _ shown: String) {
    let percentage = Percentage(text)
    #expect(percentage?.fraction == fraction && percentage?.text == shown)
  }

  @Test(arguments: ["", "%", "1", "-1%", "1 %", "1.%", "1.2345%", "01%", "1%%", "10000%"])
  func refusesPercentages(_ text: String) { #expect(Percentage(text) == nil) }
}
