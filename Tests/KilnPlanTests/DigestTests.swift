import KilnPlan
import KilnSpec
import KilnTesting
import Testing

/// Digests are tags: what changes an image changes its digest, and nothing else does.
///
/// What decides a digest is in `RecipeTests` of KilnGeneration.
struct DigestTests {
  private static let component = """
    summary: One
    parameters: {text: {type: string, default: a}, on: {type: boolean, default: false}}
    steps:
      - packages: [curl]
      - file: {path: /etc/one, content: "{{text}}"}
      - file: {path: /etc/machine, content: "{{text}}"}
        only: machine
        when: on
    verify:
      - command: [one]
    """

  private static let spec = """
    runtime:
      base: debian-12
      components: {one: {text: a}, git: {}}
      environment: {A: "1", B: "2"}
    app: {source: ../apps/shop, port: 80, install: [make], environment: {C: "3"}}
    services:
      redis: {settings: {maxmemory: 64mb}}
    machine: {}

    """

  private struct Digests: Equatable {
    var runtime = false
    var machine = false
    var app = false
    var redis = false
  }

  private func plan(_ spec: String, _ component: String) throws -> EnvironmentPlan {
    let sample = SampleWorkspace(spec, components: ["one": component])
    #expect(sample.problems.isEmpty, "\(sample.problems)")
    return try #require(sample.plans.first)
  }

  /// Which digests differ once `old` is `new`, in the spec or the component.
  private func changes(_ old: String, _ new: String) throws -> Digests {
    try #require(Self.spec.contains(old) || Self.component.contains(old))
    let before = try plan(Self.spec, Self.component)
    let after = try plan(Self.spec.replacing(old, with: new), Self.component.replacing(old, with: new))
    return Digests(
      runtime: before.runtime.digest != after.runtime.digest, machine: before.machineDigest != after.machineDigest,
      app: before.apps.map { before.digest(of: $0) } != after.apps.map { after.digest(of: $0) },
      redis: before.services.first?.digest != after.services.first?.digest)
  }

  @Test(arguments: [
    ("another package", "[curl]", "[curl, wget]"), ("another file", "/etc/one", "/etc/two"),
    ("another parameter", "{text: a}", "{text: b}"), ("another variable", "A: \"1\"", "A: \"2\""),
    ("another base", "debian-12", "ubuntu-24.04"), ("a component more", "git: {}", "git: {}, ffmpeg: {}"),
  ]) func aRuntimeThatDiffersChangesAllThatStandsOnIt(_ name: String, _ old: String, _ new: String) throws {
    let changes = try changes(old, new)
    #expect(changes.runtime && changes.machine && changes.app, "\(name): \(changes)")
  }

  @Test(arguments: [
    ("the order of keys", "A: \"1\", B: \"2\"", "B: \"2\", A: \"1\""),
    ("the order of components", "one: {text: a}, git: {}", "git: {}, one: {text: a}"),
    ("a default that is written down", "{text: a}, git", "{text: a, on: false}, git"),
    ("a comment", "machine: {}\n", "machine: {} # note\n"), ("a summary", "summary: One", "summary: Two"),
    ("a check", "command: [one]", "command: [two]"),
  ]) func nothingChangesFor(_ name: String, _ old: String, _ new: String) throws {
    #expect(try changes(old, new) == Digests(), "\(name)")
  }

  @Test func theMachineAloneChangesForItsOwnSteps() throws {
    #expect(try changes("{text: a}", "{text: a, on: true}") == Digests(machine: true))
  }

  @Test func theAppAloneChangesForItsOwnKeys() throws {
    #expect(try changes("[make]", "[make all]") == Digests(machine: true, app: true))
    #expect(try changes("C: \"3\"", "C: \"4\"") == Digests())
    #expect(try changes("port: 80", "port: 80, limits: {memory: 1Gi}") == Digests())
    #expect(try changes("port: 80", "port: 80, checks: [{path: /x}]") == Digests())
  }

  @Test func aServiceAloneChangesForItsSettings() throws {
    #expect(try changes("64mb", "128mb") == Digests(redis: true))
    #expect(try changes("64mb}}", "64mb}, limits: {memory: 1Gi}}") == Digests())
  }

  @Test func textAndNumbersDiffer() throws {
    #expect(
      try plan(Self.spec, Self.component).specDigest
        != plan(Self.spec.replacing("\"1\"", with: "1"), Self.component).specDigest)
  }

  /// Fields are framed: no two plans meet because their texts do when they are joined.
  @Test func fieldsDoNotRunIntoEachOther() throws {
    #expect(try changes("A: \"1\", B: \"2\"", "A: \"1B\", B: \"2\"").runtime)
    let one = try plan(Self.spec.replacing("A: \"1\", B: \"2\"", with: "A: \"BC\""), Self.component)
    let two = try plan(Self.spec.replacing("A: \"1\", B: \"2\"", with: "AB: \"C\""), Self.component)
    #expect(one.runtime.digest != two.runtime.digest)
  }

  @Test func customersWithEqualRuntimesShareOne() throws {
    let sample = SampleWorkspace([
      "environments/a.yaml": "version: 1\ncustomer: a\nruntime: {base: debian-12, components: {git: {}}}\n",
      "environments/b.yaml": "version: 1\ncustomer: b\nprofile: p\n",
      "profiles/p.yaml": "version: 1\nruntime:\n  components:\n    git: {}\n  base: debian-12\n",
    ])
    #expect(sample.problems.isEmpty && sample.plans.count == 2)
    #expect(Set(sample.plans.map(\.runtime.id)).count == 1)
    #expect(Set(sample.plans.map(\.specDigest)).count == 2)
  }
}

extension DigestTests {
  /// What passed in one stage is what the next one runs.
  @Test func stagesShareEveryImage() throws {
    let sample = SampleWorkspace(
      """
      runtime: {base: debian-12, components: {apache: {}}}
      app: {source: ../app, port: 80, environment: {APP_ENV: production, KEPT: "1"}}
      services: {redis: {from: packages}}
      machine: {}
      stages:
        qa: {app: {environment: {APP_ENV: qa, MORE: "2"}}}
        production: {}
      """)
    let plan = try #require(sample.plans.first, "\(sample.problems)")
    let stages = try ["qa", "production"].map { try #require(plan.at(stage: $0)) }
    let values = stages.map { $0.apps[0].values.map { "\($0.name)=\($0.value)" } }
    #expect(values == [["APP_ENV=qa", "KEPT=1", "MORE=2"], ["APP_ENV=production", "KEPT=1"]])
    let digests = stages.map { plan in
      plan.apps.map { plan.digest(of: $0) } + plan.services.map(\.digest) + [plan.runtime.digest, plan.machineDigest]
    }
    #expect(digests[0] == digests[1] && !digests[0].contains(nil))
    // What runs is not the same.
    #expect(stages[0].workloads.last?.digest != stages[1].workloads.last?.digest)
  }
}
