import Foundation
import Testing

/// Load tests of a page that is up on this machine, by a real JMeter.
@Suite(
  .enabled(if: EndToEnd.isRequested, EndToEnd.skipped),
  .enabled(if: EndToEnd.has("jmeter", "curl"), "jmeter is not on the PATH"), .serialized)
struct LoadTests {
  /// A page that takes 40 to 80 ms, and what else the request asks for.
  private static let page = "<?php usleep(random_int(40000, 80000)); echo 'ok';"

  private func workspace(_ load: String, _ body: (URL, String) throws -> Void) throws {
    let folder = try TemporaryFolder()
    try sh(
      "kiln init W && rm W/environments/* && mkdir -p W/apps/shop W/tests && echo 'allowLoadPlans: true' >> W/kiln.yaml",
      in: folder.url)
    let root = folder.url.appending(path: "W")
    defer {
      _ = try? sh(
        "kiln down kilnload --volumes --yes; docker rmi -f $(docker images -q 'kilnload/*')", in: root, expecting: nil)
      folder.remove()
    }
    try write(Self.page, "apps/shop/index.php", in: root)
    try write("<?php echo 'ok';", "apps/shop/health.php", in: root)
    try write(
      """
      version: 1
      customer: kilnload
      runtime: {base: debian-12, components: {apache: {}, php: {}}}
      app: {source: ../apps/shop, port: 80, health: /health.php}
      load: \(load)

      """, "environments/kilnload.yaml", in: root)
    try sh("kiln check && kiln generate -q", in: root)
    try body(root, try up(root))
  }

  private func write(_ text: String, _ path: String, in root: URL) throws {
    try text.write(to: root.appending(path: path), atomically: true, encoding: .utf8)
  }

  private func up(_ root: URL) throws -> String {
    try sh("kiln up kilnload --no-proxy 2> up.log || { tail -30 up.log >&2; exit 1; }", in: root)
      .output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private struct Result: Decodable {
    struct Test: Decodable {
      struct Times: Decodable {
        let p50: Int
        let p95: Int
        let max: Int
      }
      let samples: Int
      let errors: Int
      let throughput: Double
      let times: Times
      let isGood: Bool
    }
    let tests: [Test]
  }

  private func load(_ flags: String = "", in root: URL, expecting status: Int32 = 0) throws -> [Result.Test] {
    let result = try sh("kiln load kilnload --format json \(flags)", in: root, expecting: status)
    return try JSONDecoder().decode(Result.self, from: Data(result.output.utf8)).tests
  }

  @Test func aSlowerPageFailsByRegressionAndTheHistoryShowsBoth() throws {
    try workspace("{path: /, users: 5, rampUp: 2s, duration: 10s, p95: 2s, regression: 30%}") { root, _ in
      let first = try #require(try load(in: root).first)
      #expect(first.isGood && first.errors == 0 && (40...120).contains(first.times.p50), "\(first)")

      try write("<?php usleep(60000);" + Self.page.dropFirst(5), "apps/shop/index.php", in: root)
      _ = try up(root)
      let slow = try sh("kiln load kilnload --junit report.xml", in: root, expecting: 1)
      #expect(slow.output.contains("slower than in the last good result"), "\(slow.output)")
      #expect(slow.output.contains("passed: load: p95 is"))
      let report = try sh("cat report.xml dist/kilnload/load/local/load/report.html", in: root).output
      #expect(report.contains("<failure message=\"p50 is") && report.contains("<h2>Results here</h2>"))
      let history = try sh(
        "python3 -c 'import json; print([e[\"isGood\"] for e in json.load(open(\"dist/kilnload/load/local/load/history.json\"))[\"entries\"]])'",
        in: root)
      #expect(history.output == "[True, False]\n")

      // Back again, it is well, and compared with the first.
      try write(Self.page, "apps/shop/index.php", in: root)
      _ = try up(root)
      #expect(try load(in: root).map(\.isGood) == [true])
      // Errors are no answers, however fast they are.
      try write("<?php http_response_code(500);", "apps/shop/health.php", in: root)
      let broken = try sh("kiln load kilnload --url http://127.0.0.1:9", in: root, expecting: 1)
      #expect(broken.error.contains("gives no page: nothing answers there"))
    }
  }

  @Test func interruptedItEndsJMeterAndLeavesNothing() throws {
    try workspace("{path: /, users: 2, duration: 5m}") { root, _ in
      let result = try sh(
        """
        kiln load kilnload & pid=$!
        for i in $(seq 120); do [ -s dist/kilnload/load/local/load/running.jtl ] && break; sleep 0.5; done
        [ -s dist/kilnload/load/local/load/running.jtl ]
        kill -INT $pid; wait $pid || echo "exit $?"
        ls dist/kilnload/load/local/load; pgrep -f "$PWD/dist/kilnload/load" || echo gone
        """, in: root)
      #expect(result.output == "exit 130\nlock\nplan.jmx\ngone\n", "\(result.output) \(result.error)")
    }
  }

  /// A plan of the team's, whose text JMeter takes as it is written.
  @Test func severalTestsOneOfThemTheTeamsPlan() throws {
    let tests =
      "{browse: {path: \"/?q=a%20b&x=$y\", rate: 20, users: 4, rampUp: 1s, duration: 6s}, own: {plan: ../tests/own.jmx}}"
    try workspace("{path: /, users: 3, rampUp: 0s, duration: 4s}") { root, _ in
      try sh(
        """
        cp generated/kilnload/load-test.jmx tests/own.jmx
        sed -i 's|^load:.*|load: \(tests.replacingOccurrences(of: "&", with: "\\&").replacingOccurrences(of: "$y", with: "\\$y"))|' environments/kilnload.yaml
        kiln check && kiln generate -q
        """, in: root)
      let all = try load(in: root)
      #expect(all.count == 2 && all.allSatisfy { $0.isGood && $0.errors == 0 })
      // The rate, and not what four users could.
      #expect((17.0...22.0).contains(all[0].throughput), "\(all[0])")
      let asked = try sh("kiln logs kilnload app", in: root, expecting: nil)
      #expect(asked.output.contains("GET /?q=a%20b&x=$y "), "\(asked.output.suffix(500))")
    }
  }
}
