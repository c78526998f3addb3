import Foundation
import HostileStrings
import KilnDocuments
import KilnTesting
import Testing

@testable import KilnLoad

#if canImport(FoundationXML)
  import FoundationXML
#endif

struct LoadReportTests {
  private func result(_ text: String, count: Int = 500) throws -> LoadResult {
    let times = "{\"mean\":5.5,\"min\":1,\"p50\":5,\"p90\":9,\"p95\":10,\"p99\":11,\"max\":12}"
    let json =
      "{\"schemaVersion\":1,\"customer\":\"acme\",\"test\":\"load\",\"url\":\"http://x\",\"load\":\"\",\"tool\":\"JMeter\",\"begun\":1795771532000,\"seconds\":10,\"samples\":\(count),\"errors\":1,\"rampUpSamples\":4,\"throughput\":50.25,\"times\":\(times),\"requests\":[],\"failures\":[],\"bucketSeconds\":1,\"rampUpSeconds\":2,\"buckets\":[{\"second\":0,\"samples\":5,\"errors\":1,\"p50\":5,\"p95\":9,\"p99\":10},{\"second\":1,\"samples\":0,\"errors\":0,\"p50\":0,\"p95\":0,\"p99\":0},{\"second\":2,\"samples\":7,\"errors\":0,\"p50\":5,\"p95\":9,\"p99\":10}],\"distribution\":[{\"milliseconds\":9,\"count\":3},{\"milliseconds\":19,\"count\":2}],\"checks\":[]}"
    var result = try #require(LoadResult(json: Array(json.utf8)))
    result.load = text
    result.url = text
    result.tool = text
    result.stage = text
    result.requests = [
      .init(label: text, samples: 1, errors: 0, times: result.times),
      .init(label: "b", samples: 1, errors: 0, times: result.times),
    ]
    result.failures = [.init(text: text, count: 3)]
    result.checks = [.init(name: text, isGood: false, message: text)]
    return result
  }

  private func isWellFormed(_ xml: String) -> Bool { XMLParser(data: Data(xml.utf8)).parse() }

  @Test(arguments: hostileStrings + ["<script>alert(1)</script>", "\u{202E}gnp.exe", "&amp;", "</title><b>"])
  func foreignTextStaysText(_ text: String) throws {
    let result = try result(text)
    let page = LoadReportPage(result, LoadHistory().adding(result).adding(result)).html
    // All but what HTML has no end tags for is XML.
    let body = "<body>" + page.components(separatedBy: "<body>")[1].components(separatedBy: "</html>")[0]
    #expect(isWellFormed(body), "\(body.prefix(2000))")
    #expect(!page.contains("<script") && !page.contains("\u{202E}"))
    #expect(isWellFormed(LoadSummary(customer: text, outcomes: []).junit))
    let again = LoadResult(json: Array(result.text.utf8))
    #expect(again == result)
  }

  @Test func everyChartIsThere() throws {
    let result = try result("x")
    let page = LoadReportPage(result, LoadHistory().adding(result)).html
    for title in ["Response times", "Throughput", "Distribution"] { #expect(page.contains("<h2>\(title)</h2>")) }
    let charts = page.components(separatedBy: "<svg").dropFirst()
    #expect(charts.count == 3)
    // A second without answers has no times: the line goes from 1 s to 3 s.
    let lines = page.matches(of: /<polyline class="one" points="([^"]*)"/).map { $0.1.split(separator: " ").count }
    #expect(lines == [2, 2])
    #expect(page.contains("4 requests of the ramp-up of 2 s"))
    // Of one result there is no history.
    #expect(!page.contains("Results here"))
  }

  @Test(arguments: [1.05, 3, 7, 99, 100, 4321, 1e6, 0.4])
  func ticksAreFewAndRound(_ highest: Double) {
    let ticks = LineChart.ticks(highest)
    #expect(ticks.first == 0 && (3...8).contains(ticks.count) && (ticks.last ?? 0) <= highest, "\(ticks)")
  }

  @Test(arguments: [
    (0.0, "0"), (12.5, "12.5"), (12.345, "12.35"), (1.0, "1"), (0.05, "0.05"), (-2.5, "-2.5"), (1e6, "1000000"),
  ])
  func numbersHaveFewDigits(_ value: Double, _ text: String) { #expect(LoadCheck.number(value) == text) }
}
