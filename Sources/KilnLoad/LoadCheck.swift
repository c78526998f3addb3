import KilnDeploy
import KilnDocuments
import KilnPlan
import KilnSpec

/// One budget, and whether the result keeps it.
package struct LoadCheck: Sendable, Hashable, Codable {
  /// As in `p95` or `regression of p95`.
  package var name: String
  package var isGood: Bool
  /// One sentence: what it is, and by how much it is too much.
  package var message: String

  /// A rate that is not reached to this part is another load than the one that was asked for.
  private static let reached = 0.9
  /// Milliseconds that a slower answer is slower at least: less is what clocks and schedulers differ by.
  private static let noise = 5

  /// - Parameter baseline: The last good result of the same load; nil where there is none.
  static func all(_ result: LoadResult, _ test: LoadTestPlan, baseline: LoadMark?) -> [LoadCheck] {
    var checks: [LoadCheck] = []
    for (name, value, budget) in [
      ("p95", result.times.p95, test.budgets.p95), ("p99", result.times.p99, test.budgets.p99),
    ] {
      if let budget { checks.append(time(name, value, budget)) }
    }
    if let budget = test.budgets.errors { checks.append(errors(result, budget)) }
    if let rate = test.page?.rate { checks.append(self.rate(result.throughput, rate)) }
    if let allowed = test.budgets.regression, let baseline {
      for (name, value, before) in [
        ("p50", result.times.p50, baseline.p50), ("p95", result.times.p95, baseline.p95),
      ] {
        checks.append(regression(name, value, before, allowed, since: UTCTime.minute(baseline.begun / 1000) + " UTC"))
      }
    }
    return checks
  }

  private static func time(_ name: String, _ value: Int, _ budget: TimeSpan) -> LoadCheck {
    let limit = budget.milliseconds
    let excess = value - limit
    return LoadCheck(
      name: name, isGood: excess <= 0,
      message: "\(name) is \(value) ms, "
        + (excess <= 0
          ? "within \(limit) ms" : "\(excess) ms (\(share(Double(excess) / Double(limit)))) over its \(limit) ms"))
  }

  private static func errors(_ result: LoadResult, _ budget: Percentage) -> LoadCheck {
    let isGood = result.errorShare <= budget.fraction
    let text = "\(result.errors) of \(Phrase.count(result.samples, "answer")) "
    let kind = result.failures.first.map { ", most of them: \($0.text)" } ?? ""
    return LoadCheck(
      name: "errors", isGood: isGood,
      message: text + (result.errors == 1 ? "is an error" : "are errors") + " (\(share(result.errorShare))), "
        + (isGood ? "within \(budget.text)" : "more than \(budget.text)\(kind)"))
  }

  private static func rate(_ throughput: Double, _ rate: Double) -> LoadCheck {
    let isGood = throughput >= rate * reached
    let text = "\(number(throughput)) of \(number(rate)) requests per second were made"
    return LoadCheck(
      name: "rate", isGood: isGood,
      message: isGood
        ? text : text + ", \(share(1 - throughput / rate)) too few: the answers are too slow for so many users")
  }

  private static func regression(
    _ name: String, _ value: Int, _ before: Int, _ allowed: Percentage, since time: String
  ) -> LoadCheck {
    let difference = value - before
    let relative = Double(difference) / Double(max(before, 1))
    let isGood = relative <= allowed.fraction || difference < noise
    let change =
      difference == 0
      ? "as in"
      : "\(difference.magnitude) ms (\(share(relative.magnitude))) \(difference > 0 ? "slower" : "faster") than in"
    return LoadCheck(
      name: "regression of \(name)", isGood: isGood,
      message: "\(name) is \(value) ms, \(change) the last good result of \(time)"
        + (isGood ? "" : "; \(allowed.text) is allowed"))
  }

  /// As in `12.5 %`.
  static func share(_ fraction: Double) -> String { "\(number((fraction * 1000).rounded() / 10)) %" }

  /// At most two digits behind the point.
  static func number(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let rest = hundredths.magnitude % 100
    let digits = rest % 10 == 0 ? String(rest / 10) : String(String(rest + 100).dropFirst())
    return (hundredths < 0 ? "-" : "") + String(hundredths.magnitude / 100) + (rest == 0 ? "" : ".\(digits)")
  }
}
