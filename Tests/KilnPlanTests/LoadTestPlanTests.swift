import KilnDiagnostics
import KilnPlan
import KilnSpec
import KilnTesting
import SystemPackage
import Testing

struct LoadTestPlanTests {
  private static let app = "runtime: {base: debian-12}\napp: {source: ../app, port: 80, domains: [care.acme.example]}\n"

  private func sample(_ spec: String) -> SampleWorkspace { SampleWorkspace(Self.app + spec + "\n") }

  private func tests(_ spec: String, stage: String? = nil) throws -> [LoadTestPlan] {
    let sample = sample(spec)
    return try #require(sample.plans.first, "\(sample.problems)").loadTests(in: stage)
  }

  @Test func oneHasNoName() throws {
    let test = try #require(tests("load: {path: /, users: 50, p95: 800ms, errors: 0.5%, regression: 20%}").first)
    #expect(test.isOnly && test.name == "load" && test.app.name == "app")
    let page = try #require(test.page)
    #expect(page.users == 50 && page.rate == nil && page.rampUp.milliseconds == 5000 && page.duration.text == "1m")
    #expect(test.budgets.p95?.milliseconds == 800 && test.budgets.p99 == nil)
    #expect(test.budgets.errors?.fraction == 0.005 && test.budgets.regression?.fraction == 0.2)
  }

  @Test func whereAValueIsAMapTheyAreSeveral() throws {
    let all = try tests("load: {browse: {path: /, rate: 2.5}, users: {plan: ../tests/a.jmx}}")
    #expect(all.map(\.name) == ["browse", "users"] && !all.contains(where: \.isOnly))
    #expect(all[0].page?.users == 3 && all[0].page?.rate == 2.5)
    #expect(all[0].budgets.errors?.text == "1%")
    #expect(all[1].work == .plan("tests/a.jmx"))
    #expect(try tests("") == [])
  }

  @Test func aStageChangesSizesAndBudgets() throws {
    let spec = """
      load: {browse: {path: /, users: 50, p95: 800ms, rampUp: 5s}, search: {path: /s, users: 5}}
      stages: {qa: {load: {browse: {users: 5, duration: 30s, p95: 2s}}}, production: {}}
      """
    let qa = try tests(spec, stage: "qa")
    #expect(qa[0].page?.users == 5 && qa[0].page?.duration.seconds == 30 && qa[0].page?.rampUp.seconds == 5)
    #expect(qa[0].budgets.p95?.seconds == 2 && qa[1].page?.users == 5)
    #expect(try tests(spec, stage: "production") == tests(spec))
    let one = try tests("load: {path: /, users: 50}\nstages: {qa: {load: {users: 2}}}", stage: "qa")
    #expect(one.map { $0.page?.users } == [2])
  }

  @Test func theAddressIsTheStages() throws {
    let spec = "stages: {qa: {app: {domains: [qa.acme.example]}}, production: {}}"
    let plan = try #require(sample(spec).plans.first)
    #expect(plan.address(of: plan.apps[0], in: "qa")?.host == "qa.acme.example")
    #expect(plan.address(of: plan.apps[0], in: "production")?.host == "care.acme.example")
    #expect(plan.address(of: plan.apps[0], in: nil)?.scheme == "http")
  }

  @Test(arguments: [
    "{path: /, users: 5}", "{path: \"/a?b=c&d=%20\", rate: 0.01, users: 1}", "{path: /, users: 1, rampUp: 0s}",
    "{path: /, users: 1, duration: 24h, p95: 1ms, p99: 1h, errors: 0%, regression: 0.1%}",
    "{path: /, users: 1, duration: 1.5m}", "{a: {path: /, users: 1}, b: {path: /, users: 1}}",
    "{app: app, path: /, users: 1}",
  ]) func takes(_ load: String) { #expect(sample("load: \(load)").problems.map(\.id) == []) }

  @Test(arguments: [
    ("{}", "spec.missing-key"), ("{users: 5}", "spec.missing-key"), ("{path: /}", "spec.missing-key"),
    ("{path: /, plan: a.jmx, users: 1}", "spec.conflict"), ("{path: /, users: 1, b: {path: /}}", "spec.conflict"),
    ("{path: /, users: 0}", "spec.invalid-value"), ("{path: /, users: 20000}", "spec.invalid-value"),
    ("{path: x, users: 1}", "spec.invalid-value"), ("{path: \"/${x}\", users: 1}", "spec.invalid-value"),
    ("{path: \"/a#b\", users: 1}", "spec.invalid-value"), ("{path: \"/%2\", users: 1}", "spec.invalid-value"),
    ("{path: /, users: 1, duration: 60}", "spec.invalid-value"),
    ("{path: /, users: 1, duration: 500ms}", "spec.invalid-value"),
    ("{path: /, users: 1, duration: 25h}", "spec.invalid-value"),
    ("{path: /, users: 1, duration: 1.0005s}", "spec.invalid-value"),
    ("{path: /, users: 1, rampUp: 0.5s}", "spec.invalid-value"),
    ("{path: /, users: 1, p95: 0s}", "spec.invalid-value"), ("{path: /, users: 1, p95: 0.5ms}", "spec.invalid-value"),
    ("{path: /, users: 1, p95: 2h}", "spec.invalid-value"), ("{path: /, users: 1, errors: 1}", "spec.invalid-value"),
    ("{path: /, users: 1, errors: 100%}", "spec.invalid-value"),
    ("{path: /, users: 1, regression: 0%}", "spec.invalid-value"),
    ("{path: /, users: 1, p95: 2s, p99: 1s}", "spec.conflict"), ("{plan: /a.jmx}", "spec.path-outside"),
    ("{plan: a.jmx, users: 5}", "spec.no-effect"), ("{plan: a.jmx, duration: 5s}", "spec.no-effect"),
    ("{app: care, path: /, users: 1}", "spec.unknown-app"), ("{Browse: {path: /, users: 1}}", "spec.invalid-value"),
    ("{path: /, user: 1, users: 1}", "spec.unknown-key"), ("[a]", "spec.wrong-type"), ("5", "spec.wrong-type"),
  ]) func refuses(_ load: String, _ id: String) {
    #expect(sample("load: \(load)").problems.map(\.id) == [id])
  }

  @Test func severalAppsMustBeToldApart() {
    let apps = "runtime: {base: debian-12}\napps: {a: {source: ../a, port: 80}, b: {source: ../b}}\n"
    func ids(_ load: String) -> [String] { SampleWorkspace(apps + "load: \(load)\n").problems.map(\.id) }
    #expect(ids("{path: /, users: 1}") == ["spec.missing-key"])
    #expect(ids("{app: a, path: /, users: 1}") == [])
    // It has no port.
    #expect(ids("{app: b, path: /, users: 1}") == ["spec.missing-key"])
  }

  @Test func profilesMergeByName() throws {
    let sample = SampleWorkspace([
      "profiles/p.yaml": "load: {browse: {path: /, users: 50}, search: {path: /s, users: 1}}\n",
      "environments/acme.yaml": """
      version: 1
      customer: acme
      profile: p
      \(Self.app)load: {browse: {users: 5}, search: null}

      """,
    ])
    let plan = try #require(sample.plans.first, "\(sample.problems)")
    #expect(plan.loadTests(in: nil).map(\.page?.users) == [5])
  }
}
