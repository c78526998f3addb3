import Foundation
import Testing

@testable import KilnVerify

struct VerificationReportTests {
  private typealias Check = VerificationReport.Check

  /// As goss prints it; a first attempt before the last one.
  private let output = #"""
    {"results":[{"resource-type":"File","resource-id":"/a","property":"exists","result":1,"summary-line-compact":"File: /a: exists: Expected false to equal true"}]}
    {"results":[{"duration":1500000,"resource-type":"HTTP","resource-id":"http://127.0.0.1:80/","property":"Body","result":1,"matcher-result":{"actual":{},"missing-elements":["a <b> & \"c\""]},"summary-line-compact":"HTTP: long"},{"duration":1,"resource-type":"File","resource-id":"/a","property":"sha256","result":2,"matcher-result":{"missing-elements":null},"summary-line-compact":"File: /a: sha256: skipped"},{"duration":1,"resource-type":"File","resource-id":"/a","property":"exists","result":0,"summary-line-compact":"x"}]}
    """#

  @Test func theLastAttemptOfGossCounts() throws {
    let checks = try #require(Check.checks(gossOutput: output, container: "app"))
    #expect(checks.map(\.name) == ["File: /a: exists", "File: /a: sha256", "HTTP: http://127.0.0.1:80/: Body"])
    #expect(checks.map(\.outcome) == [.passed, .skipped, .failed])
    #expect(checks[2].message == #"it lacks "a <b> & "c"""# && checks[2].seconds == 0.0015)
    #expect(Check.checks(gossOutput: "exec: no such file", container: "app") == nil)
  }

  @Test func everyFormatTellsWhatFailed() throws {
    let checks = try #require(Check.checks(gossOutput: output, container: "app"))
    let report = VerificationReport(customer: "acme", isRunning: true, checks: checks)
    #expect(report.text.hasPrefix("container  passed  failed  skipped\napp             1       1        1\n"))
    #expect(report.text.contains("failed: app: HTTP: http://127.0.0.1:80/: Body: it lacks"))
    #expect(report.junit.contains(#"<testsuites name="kiln verify acme" tests="3" failures="1""#))
    #expect(report.junit.contains(#"<failure message="it lacks &quot;a &lt;b&gt; &amp; &quot;c&quot;&quot;"/>"#))
    #expect(report.junit.contains(#"name="HTTP: http://127.0.0.1:80/: Body" time="0.002""#))
  }
}
