import Foundation
import KilnDiagnostics
import KilnGeneration
import KilnPlan
import KilnSpec
import KilnTesting
import Testing

/// Pipelines of a workspace below a repository's top: one customer with stages and a machine, one without either.
struct ReleasePipelineTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/pipelines")

  private static let sample = SampleWorkspace([
    "kiln.yaml":
      "version: 1\nregistry: registry.example.com/shop\nclusters: {test: {context: t}, live: {context: l}}\n",
    "environments/acme.yaml": """
    version: 1
    customer: acme
    runtime: {base: debian-12, components: {apache: {}, php: {}}}
    app:
      source: ../../apps/care
      port: 80
      health: /health.php
      domains: [care.acme.example]
      install: [composer install]
      buildSecrets: [TOKEN]
      secrets: [DB_PASSWORD]
    services: {mariadb: {from: packages, database: shop, user: shop, password: DB_PASSWORD, storage: 1Gi}}
    secrets: {DB_PASSWORD: {env: ACME_DB_PASSWORD}, TOKEN: {env: ACME_TOKEN}, ADMIN: {env: ACME_ADMIN}}
    deploy: {kubernetes: {cluster: live}}
    machine: {}
    tests: {smoke: {image: "registry.example.com/smoke:1", secrets: [ADMIN]}}
    load: {path: /, users: 5, p95: 1s}
    stages:
      production: {after: qa, approval: true}
      qa: {kubernetes: {cluster: test}, app: {domains: [qa.care.acme.example]}}

    """,
    "environments/my-shop.yaml": """
    version: 1
    customer: my-shop
    runtime: {base: debian-12, components: {apache: {}, php: {}}}
    app: {source: ../apps/shop, port: 80, health: /health.php}
    deploy: {kubernetes: {cluster: test}}

    """,
  ])

  private static func settings(_ text: String) throws -> PipelineSettings {
    let (node, problems) = YAMLReader(file: "kiln.yaml").read("version: 1\npipeline:\n" + text)
    try #require(problems.isEmpty)
    let root = try #require(node)
    #expect(ShapeChecker().problems(in: root, .workspace).isEmpty)
    return PipelineSettings(try #require(root["pipeline"]))
  }

  static func pipeline(_ system: PipelineSystem, _ settings: String = full) throws -> ReleasePipeline {
    #expect(sample.problems.filter { $0.severity == .error }.isEmpty, "\(sample.problems)")
    let (notify, _) = YAMLReader(file: "kiln.yaml").read("{slack: {env: SLACK_WEBHOOK}}")
    return ReleasePipeline(
      of: sample.plans, try Self.settings(settings), notify: [NotificationUse(try #require(notify))], prefix: "deploy/",
      for: system)
  }

  static let full = """
      branch: release/1.x
      registries: [{registry: registry.example.com, username: ci, password: {env: REGISTRY_PASSWORD}}]
      kubeconfig: {env: KUBECONFIG_DATA}
      gitlabToken: {env: KILN_GITLAB_TOKEN}
      timeout: 300
      up: true
      addresses: true

    """
  private static let other = """
      install: sh ci/get-kiln.sh
      image: registry.example.com/ci/kiln:1
      agents: {github: [self-hosted, linux], gitlab: [docker], azure-pipelines: own, jenkins: linux}

    """

  @Test(arguments: PipelineSystem.allCases) func aPersonReadsIt(_ system: PipelineSystem) throws {
    let file = Self.folder.appending(path: "\(system.rawValue).txt")
    let text = try Self.pipeline(system).render(header: ["A test."])
    let expected = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    if text != expected, ProcessInfo.processInfo.environment["GOLDEN"] == "record" {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(text == expected, "GOLDEN=record rewrites \(file.lastPathComponent)")
  }

  @Test func aStageFollowsTheOneThatItComesAfter() throws {
    let jobs = try Self.pipeline(.github).jobs
    #expect(
      jobs.map(\.id) == [
        "check", "plan", "runtimes", "build_acme", "bake_acme", "deploy_acme__qa", "deploy_acme__production",
        "build_my_shop", "deploy_my_shop", "rollback",
      ])
    for (index, job) in jobs.enumerated() {
      for need in job.needs { #expect(jobs[..<index].contains { $0.id == need }, "\(job.id) needs \(need)") }
    }
    let production = try #require(jobs.first { $0.id == "deploy_acme__production" })
    #expect(production.needs == ["plan", "deploy_acme__qa"] && production.needsApproval)
  }

  /// A job sees the secrets of its own work alone.
  @Test func secretsAreWhereTheyAreNeeded() throws {
    let jobs = try Self.pipeline(.github).jobs
    func secrets(_ id: String) -> [String] { jobs.first { $0.id == id }?.secrets ?? ["no such job"] }
    #expect(secrets("check") == [])
    #expect(secrets("build_acme") == ["REGISTRY_PASSWORD", "ACME_TOKEN"])
    #expect(secrets("bake_acme") == ["ACME_TOKEN"])
    #expect(
      secrets("deploy_acme__qa") == [
        "REGISTRY_PASSWORD", "KUBECONFIG_DATA", "ACME_DB_PASSWORD", "SLACK_WEBHOOK", "ACME_ADMIN",
      ])
    #expect(secrets("deploy_my_shop") == ["REGISTRY_PASSWORD", "KUBECONFIG_DATA", "SLACK_WEBHOOK"])
    #expect(secrets("rollback") == ["KUBECONFIG_DATA"])
  }

  // MARK: What the systems' own tools say

  private static func run(_ program: String, _ arguments: [String], input: String? = nil) throws -> (Int32, String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    let pipe = Pipe()
    process.standardInput = pipe
    try process.run()
    try? pipe.fileHandleForWriting.write(contentsOf: Data((input ?? "").utf8))
    try? pipe.fileHandleForWriting.close()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  private static func has(_ program: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }

  private func accept(_ system: PipelineSystem, _ program: String, _ arguments: [String]) throws {
    for settings in [Self.full, Self.other, "  branch: main\n"] {
      try withFolder { folder in
        let file = folder.appending(path: system.path)
        try write([system.path: try Self.pipeline(system, settings).render(header: [])], in: folder)
        let (status, text) = try Self.run(program, arguments + [file.path])
        #expect(status == 0, "\(text.suffix(3000))")
      }
    }
  }

  @Test(.enabled(if: has("check-jsonschema"), "check-jsonschema is not here: pip install check-jsonschema"))
  func theSchemasTakeThem() throws {
    try accept(.github, "check-jsonschema", ["--builtin-schema", "vendor.github-workflows"])
    try accept(
      .gitlab, "check-jsonschema", ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"])
    // The schema has escapes of other dialects of regular expressions.
    try accept(
      .azurePipelines, "check-jsonschema",
      ["--regex-variant", "nonunicode", "--builtin-schema", "vendor.azure-pipelines"])
  }

  @Test(.enabled(if: has("actionlint"), "actionlint is not here")) func actionlintTakesIt() throws {
    try accept(.github, "actionlint", [])
  }

  @Test(.enabled(if: has("shellcheck"), "shellcheck is not here: apt-get install shellcheck"))
  func shellcheckTakesEveryScript() throws {
    var seen: Set<String> = []
    for system in PipelineSystem.allCases {
      for settings in [Self.full, Self.other] {
        for job in try Self.pipeline(system, settings).jobs {
          for step in job.steps + [job.onFailure].compactMap({ $0 }) where seen.insert(step.script).inserted {
            let (status, text) = try Self.run("shellcheck", ["-s", "sh", "-"], input: step.script)
            #expect(status == 0, "\(system) \(job.id): \(step.title)\n\(text)")
          }
        }
      }
    }
    #expect(seen.count > 20)
  }

  @Test func theDeclarativeGrammarTakesIt() throws {
    for settings in [Self.full, Self.other] {
      try JenkinsfileParser.check(try Self.pipeline(.jenkins, settings).render(header: ["A test."]))
    }
    #expect(throws: (any Error).self) {
      try JenkinsfileParser.check("pipeline { agent any stages { stage('a') { } } }")
    }
    #expect(throws: (any Error).self) { try JenkinsfileParser.check("pipeline { agent any steps { sh 'a' } }") }
  }

  @Test(.enabled(if: has("groovy"), "groovy is not here: apt-get install groovy")) func groovyReadsIt() throws {
    let script = """
      def unit = new org.codehaus.groovy.control.CompilationUnit()
      unit.addSource(new File(args[0]))
      unit.compile(org.codehaus.groovy.control.Phases.CONVERSION)
      """
    try accept(.jenkins, "groovy", ["-e", script])
  }
}
