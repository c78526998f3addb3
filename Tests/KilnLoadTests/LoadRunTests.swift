import Foundation
import KilnDiagnostics
import KilnHTTP
import KilnPlan
import KilnProcesses
import KilnTesting
import KilnWorkspace
import SystemPackage
import Testing

@testable import KilnLoad

/// Runs of a JMeter that a test scripts.
struct LoadRunTests {
  private static let begin = 1_795_771_532_000

  /// JMeter's file for answers that took so long, one each 100 ms; the last one ends with the last tenth of a second.
  private static func results(_ elapsed: [Int], errors: Int = 0) -> String {
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,bytes,grpThreads,allThreads,Latency\n"
      + elapsed.enumerated().map { index, time in
        let isError = index < errors
        return
          "\(begin + index * 100),\(time),GET /,\(isError ? "503,Service Unavailable" : "200,OK"),Users 1-1,text,\(!isError),9,1,1,\(time)\n"
      }.joined()
  }

  private static func workspace(_ load: String, stages: String = "{qa: {}}") -> [String: String] {
    [
      "kiln.yaml": "version: 1\nallowLoadPlans: true\n", "apps/shop/index.php": "shop",
      "tests/own.jmx": "<x>${__P(host)}</x>", "tests/fixed.jmx": "<x/>",
      "environments/acme.yaml": """
      version: 1
      customer: acme
      runtime: {base: debian-12, components: {apache: {}}}
      app: {source: ../apps/shop, port: 80, domains: [care.acme.example]}
      load: \(load)
      stages: \(stages)

      """,
    ]
  }

  private static let version = ScriptedRunner.Step.run(
    "jmeter -j /dev/null --version", output: "Copyright (c) 1999-2024 The Apache Software Foundation\n\\ 5.6.3\n")
  private static let page = ScriptedRunner.Step.run("curl -q --config -", output: "ok\n200")

  private static func jmeter(_ results: String, code: Int32 = 0, output: String = "") -> ScriptedRunner.Step {
    .run("jmeter -n -t …", output: output, code: code) { invocation in
      let index = try #require(invocation.arguments.firstIndex(of: "-l"))
      #expect(invocation.isInterruptedWhole)
      if !results.isEmpty {
        try results.write(toFile: invocation.arguments[index + 1], atomically: true, encoding: .utf8)
      }
    }
  }

  private struct Run {
    let summary: LoadSummary?
    let error: CommandError?
    let calls: [Invocation]
    let printed: String
  }

  private func run(
    _ steps: [ScriptedRunner.Step], in folder: URL, _ names: [String] = [], url: String? = nil
  ) async throws -> Run {
    let runner = ScriptedRunner(steps)
    let recorded = RecordedContext(folder, processes: runner)
    let loaded = try recorded.context.load(workspace: nil, customers: ["acme"], workers: Workers(count: 1))
    #expect(loaded.problems.map(\.id) == [])
    do {
      let summary = try await LoadRun(
        loaded.plan(of: "acme"), names, at: .init(stage: url == nil ? "qa" : nil, url: url.flatMap { HTTPAddress($0) }),
        loaded: loaded, isQuiet: false, recorded.context
      ).run()
      runner.finish()
      return Run(summary: summary, error: nil, calls: runner.calls, printed: recorded.error)
    } catch let error as any CommandErrorConvertible {
      runner.finish()
      return Run(summary: nil, error: error.commandError, calls: runner.calls, printed: recorded.error)
    }
  }

  private func files(_ folder: URL, _ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: path).path).sorted()
  }

  @Test func aGoodResultIsKept() async throws {
    try await withFolder { folder in
      try write(Self.workspace("{path: /, users: 2, rampUp: 0s, duration: 10s, p95: 100ms}"), in: folder)
      let run = try await run(
        [Self.version, Self.page, Self.jmeter(Self.results((1...100).map { $0 }))], in: folder)
      let result = try #require(run.summary?.outcomes.first?.result)
      #expect(result.isGood && result.samples == 100 && result.errors == 0 && result.throughput == 10)
      #expect(result.times.p50 == 50 && result.times.p95 == 95 && result.times.p99 == 99 && result.times.max == 100)
      #expect(result.tool == "JMeter 5.6.3" && result.url == "http://care.acme.example")
      let arguments = run.calls[2].arguments
      for property in [
        "host=care.acme.example", "scheme=http", "port=80", "prefix=", "users=2", "rampUp=0", "duration=10",
        "sampleresult.timestamp.start=true", "jmeter.save.saveservice.output_format=csv",
      ] { #expect(arguments.contains("-J" + property)) }
      #expect(
        try files(folder, "dist/acme/load/stage-qa/load") == [
          "good.json", "history.json", "lock", "plan.jmx", "report.html", "result.json", "results.jtl",
        ])
      #expect(run.printed == "acme: 2 users ask / for 10s at http://care.acme.example\n")
      let text = try #require(run.summary?.text)
      #expect(
        text.hasPrefix(
          """
          load test  requests  errors  per second  mean  p50  p90  p95  p99  max
          load            100       0          10  50.5   50   90   95   99  100
          passed: load: p95 is 95 ms, within 100 ms
          passed: load: 0 of 100 answers are errors (0 %), within 1%
          report: 
          """), "\(text)")
    }
  }

  @Test func budgetsSayByHowMuchTheyAreBroken() async throws {
    try await withFolder { folder in
      try write(
        Self.workspace("{path: /, rate: 20, rampUp: 0s, duration: 10s, p95: 80ms, p99: 1s, errors: 1%}"), in: folder)
      let run = try await run(
        [Self.version, Self.page, Self.jmeter(Self.results((1...100).map { $0 }, errors: 3))], in: folder)
      let summary = try #require(run.summary)
      #expect(!summary.isGood)
      let failed = summary.text.split(separator: "\n").filter { $0.hasPrefix("failed") }
      #expect(
        failed == [
          "failed: load: p95 is 95 ms, 15 ms (18.8 %) over its 80 ms",
          "failed: load: 3 of 100 answers are errors (3 %), more than 1%, most of them: 503 Service Unavailable",
          "failed: load: 10 of 20 requests per second were made, 50 % too few: the answers are too slow for so many users",
        ])
      #expect(try files(folder, "dist/acme/load/stage-qa/load").contains("good.json") == false)
      #expect(
        summary.junit.hasPrefix(
          """
          <?xml version="1.0" encoding="UTF-8"?>
          <testsuites name="kiln load acme" tests="4" failures="3" errors="0" skipped="0">
            <testsuite name="acme.load" tests="4" failures="3" errors="0" skipped="0" time="10">
              <testcase classname="acme.load" name="p95"><failure message="p95 is 95 ms, 15 ms (18.8 %) over its 80 ms"/></testcase>
              <testcase classname="acme.load" name="p99"/>
          """), "\(summary.junit)")
    }
  }

  @Test func aSlowerVersionIsARegression() async throws {
    try await withFolder { folder in
      try write(Self.workspace("{path: /, users: 2, rampUp: 0s, duration: 10s, regression: 20%}"), in: folder)
      func load(_ times: [Int]) async throws -> Run {
        try await run([Self.version, Self.page, Self.jmeter(Self.results(times))], in: folder)
      }
      let first = try await load(Array(repeating: 100, count: 100))
      #expect(first.summary?.isGood == true)
      #expect(first.printed.contains("note: load: there is no good result of this load to compare with yet\n"))
      let near = try await load(Array(repeating: 119, count: 100))
      #expect(near.summary?.isGood == true)
      // 20 % of the last good result, not of the first.
      let slow = try await load(Array(repeating: 150, count: 100))
      #expect(
        slow.summary?.text.split(separator: "\n").filter { $0.hasPrefix("failed") } == [
          "failed: load: p50 is 150 ms, 31 ms (26.1 %) slower than in the last good result of 2026-11-27 09:25 UTC; 20% is allowed",
          "failed: load: p95 is 150 ms, 31 ms (26.1 %) slower than in the last good result of 2026-11-27 09:25 UTC; 20% is allowed",
        ])
      // What is not good is never compared with.
      let again = try await load(Array(repeating: 150, count: 100))
      #expect(again.summary?.isGood == false)
      let fast = try await load(Array(repeating: 80, count: 100))
      #expect(fast.summary?.isGood == true)
      let history = LoadHistory(readingFrom: FilePath(folder.path).pushing("dist/acme/load/stage-qa/load/history.json"))
      #expect(history.entries.map(\.isGood) == [true, true, false, false, true])
      // Another load is another test.
      try write(Self.workspace("{path: /, users: 3, rampUp: 0s, duration: 10s, regression: 20%}"), in: folder)
      let other = try await load(Array(repeating: 300, count: 100))
      #expect(other.summary?.isGood == true && other.printed.contains("to compare with yet"))
    }
  }

  /// Fast answers differ by a few milliseconds without a reason.
  @Test func aFewMillisecondsAreNoRegression() async throws {
    try await withFolder { folder in
      try write(Self.workspace("{path: /, users: 2, rampUp: 0s, duration: 10s, regression: 20%}"), in: folder)
      for (time, isGood) in [(2, true), (6, true), (11, false)] {
        let run = try await run(
          [Self.version, Self.page, Self.jmeter(Self.results(Array(repeating: time, count: 100)))], in: folder)
        #expect(run.summary?.isGood == isGood, "\(time) ms")
      }
    }
  }

  @Test func theRampUpIsNotCounted() async throws {
    try await withFolder { folder in
      try write(Self.workspace("{path: /, users: 2, rampUp: 2s, duration: 8s}"), in: folder)
      let times = Array(repeating: 900, count: 20) + Array(repeating: 10, count: 80)
      let run = try await run([Self.version, Self.page, Self.jmeter(Self.results(times))], in: folder)
      let result = try #require(run.summary?.outcomes.first?.result)
      #expect(
        result.samples == 80 && result.rampUpSamples == 20 && result.times.max == 10 && result.throughput == 10.114)
      #expect(result.buckets.reduce(0) { $0 + $1.samples } == 100)
      #expect(run.calls[2].arguments.contains("-Jduration=10"))
    }
  }

  @Test func aPlanOfTheTeamsIsTakenAsItIs() async throws {
    try await withFolder { folder in
      try write(Self.workspace("{own: {plan: ../tests/own.jmx}, fixed: {plan: ../tests/fixed.jmx}}"), in: folder)
      let steps = [
        Self.version, Self.page, Self.jmeter(Self.results([5])), Self.page, Self.jmeter(Self.results([7])),
      ]
      let run = try await run(steps, in: folder, url: "https://x.example/shop/")
      #expect(run.summary?.outcomes.map(\.result.times.max) == [5, 7])
      #expect(run.printed.contains("note: fixed: tests/fixed.jmx does not read the property `host`"))
      #expect(!run.printed.contains("note: own"))
      let arguments = run.calls[2].arguments
      #expect(arguments[2].hasSuffix("/tests/own.jmx") && !arguments.contains { $0.hasPrefix("-Jusers") })
      for property in ["scheme=https", "host=x.example", "port=443", "prefix=/shop"] {
        #expect(arguments.contains("-J" + property))
      }
    }
  }

  // MARK: Trouble

  private func trouble(_ steps: [ScriptedRunner.Step]) async throws -> (CommandError, [String]) {
    try await withFolder { folder in
      try write(Self.workspace("{path: /, users: 2, rampUp: 0s, duration: 10s}"), in: folder)
      let run = try await run(steps, in: folder)
      let left = (try? files(folder, "dist/acme/load/stage-qa/load")) ?? []
      return (try #require(run.error), left.filter { $0 != "lock" && $0 != "plan.jmx" })
    }
  }

  @Test func withoutJMeterNothingStarts() async throws {
    let (error, left) = try await trouble([.missing("jmeter -j /dev/null --version")])
    #expect(error.diagnostics.map(\.id) == ["load.jmeter"] && left == [])
    #expect(error.diagnostics[0].message == "jmeter is not on the PATH")
  }

  @Test func aJMeterThatDoesNotStartSaysWhy() async throws {
    let (error, _) = try await trouble([
      .run("jmeter -j /dev/null --version", error: "INFO x\nUnable to locate a Java Runtime\n", code: 1)
    ])
    #expect(error.diagnostics[0].details == ["Unable to locate a Java Runtime"])
  }

  @Test func aPageThatDoesNotAnswerIsNoLoad() async throws {
    let refused = try await trouble([Self.version, .run("curl -q --config -", code: 7)])
    #expect(
      refused.0.diagnostics[0].message == "http://care.acme.example/ gives no page: nothing answers there")
    let broken = try await trouble([Self.version, .run("curl -q --config -", output: "oops\n500")])
    #expect(broken.0.diagnostics[0].message == "http://care.acme.example/ answers 500 before there is any load")
  }

  @Test(arguments: [(1, "", "ended with 1"), (0, "", "ended with 0"), (137, "x", "ended with 137")])
  func aRunThatFailsLeavesNothing(_ code: Int32, _ results: String, _ text: String) async throws {
    let (error, left) = try await trouble([
      Self.version, Self.page, Self.jmeter(results, code: code, output: "INFO a\nError in NonGUIDriver\n"),
    ])
    #expect(error.diagnostics[0].message.contains(text) && left == [])
    #expect(error.diagnostics[0].details == ["Error in NonGUIDriver"])
  }

  @Test func whatCameBeforeTheTroubleIsNotLost() async throws {
    try await withFolder { folder in
      try write(Self.workspace("{own: {plan: ../tests/own.jmx}, fixed: {plan: ../tests/fixed.jmx}}"), in: folder)
      let steps = [Self.version, Self.page, Self.jmeter(Self.results([5])), Self.page, Self.jmeter("")]
      let summary = try #require(try await run(steps, in: folder).summary)
      #expect(summary.outcomes.map(\.result.test) == ["own"] && !summary.isGood)
      let failure = try #require(summary.failure as? CommandError)
      #expect(failure.diagnostics.map(\.id) == ["load.jmeter"])
    }
  }

  @Test func aRunWithoutRequestsIsNoResult() async throws {
    let (error, left) = try await trouble([Self.version, Self.page, Self.jmeter(Self.results([]))])
    #expect(error.diagnostics.map(\.id) == ["load.no-samples"] && left == [])
  }
}
