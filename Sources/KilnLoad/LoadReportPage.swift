import KilnDeploy
import KilnDocuments

/// A result as one page that needs nothing else: it opens from a pipeline's artifacts.
struct LoadReportPage {
  private let result: LoadResult
  private let history: LoadHistory

  init(_ result: LoadResult, _ history: LoadHistory) {
    self.result = result
    self.history = history
  }

  private var title: String {
    "\(result.customer) \(result.test)\(result.stage.map { " in \($0)" } ?? "")"
  }

  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <title>Load test: \(Self.text(title))</title>
    <style>
    \(Self.style)
    </style>
    </head>
    <body>
    <h1>Load test: \(Self.text(title))</h1>
    <p>\(Self.text(result.load)) at \(Self.text(result.url)), \(result.time), \(Self.text(result.tool)).</p>
    \(checks)
    <h2>Requests</h2>
    \(requests)
    \(chart(times))
    \(chart(throughput))
    \(chart(distribution))
    \(failures)
    \(earlier)
    <p class="quiet">Times are in milliseconds, percentiles by nearest rank over every answer, errors among them.\(rampUp)</p>
    </body>
    </html>

    """
  }

  private var rampUp: String {
    guard result.rampUpSeconds > 0 else { return "" }
    return
      " \(Phrase.count(result.rampUpSamples, "request")) of the ramp-up of \(result.rampUpSeconds) s are in the charts over time only."
  }

  private var checks: String {
    guard !result.checks.isEmpty else { return "" }
    return "<ul>\n"
      + result.checks.map {
        "<li class=\"\($0.isGood ? "good" : "bad")\">\($0.isGood ? "✓" : "✗") \(Self.text($0.message))</li>\n"
      }.joined() + "</ul>"
  }

  private static let columns = ["Mean", "Min", "p50", "p90", "p95", "p99", "Max"]

  private var requests: String {
    func row(_ name: String, _ samples: Int, _ errors: Int, _ throughput: String, _ times: LoadResult.Times) -> String {
      let numbers =
        [String(samples), String(errors), throughput, LoadCheck.number((times.mean * 10).rounded() / 10)]
        + [times.min, times.p50, times.p90, times.p95, times.p99, times.max].map(String.init)
      return "<tr><th scope=\"row\">\(Self.text(name))</th>" + numbers.map { "<td>\($0)</td>" }.joined() + "</tr>\n"
    }
    let heads = (["Request", "Answers", "Errors", "Per second"] + Self.columns).map { "<th scope=\"col\">\($0)</th>" }
    var rows = row("All", result.samples, result.errors, LoadCheck.number(result.throughput), result.times)
    if result.requests.count > 1 {
      rows += result.requests.map { row($0.label, $0.samples, $0.errors, "", $0.times) }.joined()
    }
    return "<table>\n<thead><tr>\(heads.joined())</tr></thead>\n<tbody>\n\(rows)</tbody>\n</table>"
  }

  // MARK: Charts

  private func chart(_ chart: LineChart) -> String {
    "<h2>\(Self.text(chart.title))</h2>\n\(chart.legend)\n\(chart.svg)"
  }

  private var shade: (String, Double) { ("Ramp-up", Double(result.rampUpSeconds)) }

  /// What ended within each bucket stands at its end.
  private func points(_ value: (LoadResult.Bucket) -> Double?) -> [(x: Double, y: Double)] {
    result.buckets.compactMap { bucket in value(bucket).map { (Double(bucket.second + result.bucketSeconds), $0) } }
  }

  private var times: LineChart {
    func series(_ name: String, _ tone: String, _ value: @escaping (LoadResult.Bucket) -> Int) -> LineChart.Series {
      .init(name: name, tone: tone, points: points { $0.samples == 0 ? nil : Double(value($0)) })
    }
    return LineChart(
      title: "Response times", units: ("seconds since the first request", "ms"),
      series: [series("p99", "three") { $0.p99 }, series("p95", "two") { $0.p95 }, series("p50", "one") { $0.p50 }],
      shade: shade)
  }

  private var throughput: LineChart {
    let width = Double(result.bucketSeconds)
    /// Of whole buckets: the last one ends with the run.
    func rates(_ value: (LoadResult.Bucket) -> Int) -> [(x: Double, y: Double)] {
      let points = points { Double(value($0)) / width }
      return points.count > 1 ? points.dropLast() : points
    }
    return LineChart(
      title: "Throughput", units: ("seconds since the first request", "per second"),
      series: [
        .init(name: "answers", tone: "one", points: rates(\.samples)),
        .init(name: "errors", tone: "three", points: rates(\.errors)),
      ], shade: shade)
  }

  private var distribution: LineChart {
    LineChart(
      title: "Distribution", units: ("ms", "answers"),
      series: [
        .init(
          name: "answers by their response time", tone: "one",
          points: result.distribution.map { (Double($0.milliseconds + 1), Double($0.count)) })
      ], isBars: true)
  }

  // MARK: Lists

  private var failures: String {
    guard !result.failures.isEmpty else { return "" }
    return "<h2>Errors</h2>\n<ul>\n"
      + result.failures.map { "<li>\($0.count) × \(Self.text($0.text))</li>\n" }.joined() + "</ul>"
  }

  private var earlier: String {
    guard history.entries.count > 1 else { return "" }
    let heads = ["Time", "Answers", "Errors", "Per second", "p50", "p95", "p99", "Result"].map {
      "<th scope=\"col\">\($0)</th>"
    }
    let rows = history.entries.reversed().map { entry in
      let numbers = [
        String(entry.samples), String(entry.errors), LoadCheck.number(entry.throughput), String(entry.p50),
        String(entry.p95), String(entry.p99),
      ]
      let verdict = entry.isGood ? "good" : entry.broken.joined(separator: "; ")
      let load = entry.load == result.load ? "" : " (\(entry.load))"
      return "<tr><th scope=\"row\">\(UTCTime.minute(max(0, min(entry.begun, 253_402_300_799_000)) / 1000)) UTC</th>"
        + numbers.map { "<td>\($0)</td>" }.joined()
        + "<td class=\"long \(entry.isGood ? "good" : "bad")\">\(Self.text(verdict + load))</td></tr>\n"
    }
    return
      "<h2>Results here</h2>\n<table>\n<thead><tr>\(heads.joined())</tr></thead>\n<tbody>\n\(rows.joined())</tbody>\n</table>"
  }

  private static func text(_ text: String) -> String { Markup.escaped(ConsoleText.visible(text)) }

  private static let style = """
    :root{color-scheme:light dark;--text:#1c2430;--quiet:#5b6675;--line:#d8dee6;--sheet:#fff;--band:#eef1f5;--one:#0b5cad;--two:#a15c00;--three:#b42318;--good:#1a7f37;--bad:#b42318}
    @media (prefers-color-scheme:dark){:root{--text:#e6ebf2;--quiet:#9fabba;--line:#303a46;--sheet:#12171e;--band:#1f2731;--one:#7cb7f5;--two:#e2b04a;--three:#ff8f85;--good:#5fc77c;--bad:#ff8f85}}
    body{margin:24px auto;padding:0 16px;max-width:900px;font:15px/1.45 system-ui,sans-serif;color:var(--text);background:var(--sheet)}
    h1{font-size:20px}
    h2{font-size:16px;margin:28px 0 4px}
    p,li{overflow-wrap:anywhere}
    ul{padding:0;list-style:none}
    table{border-collapse:collapse;display:block;overflow-x:auto}
    th,td{text-align:right;padding:5px 12px 5px 0;border-bottom:1px solid var(--line);vertical-align:top;white-space:nowrap}
    th:first-child,td.long{text-align:left}
    td.long{white-space:normal;min-width:16em;overflow-wrap:anywhere}
    .good{color:var(--good)}.bad{color:var(--bad)}.quiet{color:var(--quiet)}
    svg{width:100%;height:auto;font:12px system-ui,sans-serif}
    svg text{fill:var(--quiet)}
    .end{text-anchor:end}.middle{text-anchor:middle}
    .grid{stroke:var(--line)}
    rect.shade{fill:var(--band)}
    polyline{fill:none;stroke-width:2}
    polyline.one{stroke:var(--one)}polyline.two{stroke:var(--two)}polyline.three{stroke:var(--three)}
    path.one{fill:var(--one)}
    line.limit{stroke:var(--bad);stroke-dasharray:6 4}
    .legend{margin:0;display:flex;gap:4px 20px;flex-wrap:wrap}
    .legend span::before{content:"";display:inline-block;width:14px;height:4px;margin-right:6px;vertical-align:middle;background:currentColor}
    .legend .one{color:var(--one)}.legend .two{color:var(--two)}.legend .three{color:var(--three)}
    .legend .shade{color:var(--quiet)}
    """
}
