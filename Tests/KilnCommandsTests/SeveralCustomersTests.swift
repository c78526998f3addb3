import ArgumentParser
import Foundation
import KilnDiagnostics
import KilnEngine
import KilnTesting
import SystemPackage
import Testing

@testable import KilnCommands

/// Commands that take several customers, one after the other.
struct SeveralCustomersTests {
  private static let well = #"{"ID":"c1","Service":"app","State":"running","Health":"healthy","ExitCode":0}"#

  private static func states(_ customer: String, _ text: String) -> [ScriptedRunner.Step] {
    let filter = "--filter label=com.docker.compose.project=\(customer)"
    return [
      .run("docker ps --all \(filter) --format …"), .run("docker network ls \(filter) --format …"),
      .run("docker volume ls --format …"),
      .run("docker compose --project-name \(customer) ps --all --format json", output: text),
    ]
  }

  private func context(_ folder: URL, _ steps: [ScriptedRunner.Step]) throws -> (TestContext, ScriptedRunner) {
    let spec = "version: 1\nruntime: {base: debian-12}\ncustomer: "
    try write(
      [
        "kiln.yaml": "version: 1\n", "environments/acme.yaml": spec + "acme\n",
        "environments/globex.yaml": spec + "globex\n",
      ], in: folder)
    let runner = ScriptedRunner(steps)
    return (TestContext(folder, processes: runner), runner)
  }

  /// The ids and messages of what `body` throws.
  private static func problems(_ body: () async throws -> Void) async -> String {
    do {
      try await body()
      return "nothing"
    } catch {
      let found = (error as? any CommandErrorConvertible)?.commandError.diagnostics ?? []
      return found.map { "\($0.id): \($0.message)" }.joined(separator: "\n")
    }
  }

  /// A spec with errors is not an unknown customer, least of all where somebody has to go back.
  @Test func aSpecWithErrorsIsSaidAsThat() async throws {
    try await withFolder { folder in
      let (context, _) = try context(folder, [])
      try write(
        ["environments/acme.yaml": "version: 1\ncustomer: acme\nruntime: {base: debian-12}\nservce: {}\n"], in: folder)
      let status = try #require(try RollbackCommand.parseAsRoot(["acme"]) as? RollbackCommand)
      let text = await Self.problems { try await status.run(in: context.context) } + context.error
      #expect(text.contains("spec.unknown-key") && !text.contains("there is no customer"), "\(text)")
    }
  }

  @Test func dataGoesOnlyWhereSomebodySaysSo() async throws {
    try await withFolder { folder in
      let filter = "--filter label=com.docker.compose.project=acme"
      let (context, runner) = try context(
        folder,
        [
          .run("docker ps --all \(filter) --format …"), .run("docker network ls \(filter) --format …"),
          .run("docker volume ls --format …"),
        ])
      let down = try #require(try DownCommand.parseAsRoot(["acme", "--volumes"]) as? DownCommand)
      let text = await Self.problems { try await down.run(in: context.context) }
      // On a terminal it asks, and nobody answers.
      #expect(text.contains("down.unconfirmed") || text.contains("down.declined"), "\(text)")
      runner.finish()
    }
  }

  @Test func whatFailsForOneDoesNotHideTheOthers() async throws {
    try await withFolder { folder in
      let failing = ScriptedRunner.Step.run("docker ps --all …", error: "no space left on device\n", code: 1)
      let (context, runner) = try context(
        folder, Self.states("acme", "") + [failing] + Self.states("globex", Self.well))
      let status = try #require(
        try StatusCommand.parseAsRoot(["acme", "initech", "globex", "globex"]) as? StatusCommand)
      let code = await #expect(throws: ExitCode.self) { try await status.run(in: context) }
      runner.finish()
      #expect(code == KilnExit.problems)
      #expect(context.output == "globex/app: running, healthy\n")
      #expect(context.error.hasPrefix("acme is not up\nerror: docker could not list the containers"))
    }
  }

  @Test func withoutANameTheStatusIsOfAllThatAreUp() async throws {
    try await withFolder { folder in
      let label = "label=io.kiln.workspace=\(WorkspaceIdentity(root: FilePath(folder.path)).id)"
      let listing = "docker ps --all --filter \(label) --format {{.Label \"io.kiln.customer\"}}"
      let (context, runner) = try context(
        folder, [.run(listing, output: "globex\nglobex\n")] + Self.states("globex", Self.well) + [.run(listing)])
      let status = try #require(try StatusCommand.parseAsRoot(["--format", "json"]) as? StatusCommand)
      try await status.run(in: context)
      let document = try JSONSerialization.jsonObject(with: Data(context.output.utf8)) as? [String: Any]
      let environments = try #require(document?["environments"] as? [[String: Any]])
      #expect(environments.map { $0["customer"] as? String } == ["globex"])
      try await StatusCommand.parse([]).run(in: context)
      runner.finish()
      #expect(context.error == "no environment of this workspace is up\n")
    }
  }

  @Test(arguments: [["--port", "8080"], ["--mount"], ["--project", "x"]]) func optionsForOneCustomerAreRefused(
    _ option: [String]
  ) {
    #expect(throws: Never.self) { try UpCommand.parse(["acme"] + option) }
    #expect(throws: (any Error).self) { try UpCommand.parse(["acme", "globex"] + option) }
  }

  @Test func nothingAndEverythingCannotBothBePrinted() {
    #expect(throws: (any Error).self) { try BuildCommand.parse(["acme", "--quiet", "--verbose"]) }
    #expect(throws: (any Error).self) { try UpCommand.parse(["acme", "--quiet", "--verbose"]) }
    #expect(throws: Never.self) { try BuildCommand.parse(["acme", "--verbose"]) }
  }

  @Test func whatFollowsTheCustomerIsAContainer() throws {
    let logs = try LogsCommand.parse(["acme", "redis", "app"])
    #expect(logs.services == ["redis", "app"] && logs.local.customer == "acme")
    let own = try ExecCommand.parse(["acme", "--", "php", "-v"])
    #expect(own.service == nil && own.command == ["php", "-v"])
    let other = try ExecCommand.parse(["acme", "care-queue", "--user", "root", "--", "ps"])
    #expect(other.service == "care-queue" && other.user == "root" && other.command == ["ps"])
    #expect(try ShellCommand.parse(["acme", "redis"]).service == "redis")
  }
}

struct NewCommandTests {
  @Test(arguments: [
    (["apps/acme/index.php"], "\n  source: ../apps/acme ", ""),
    (["apps/hello/index.php"], "\n  source: ../apps/hello ", ""),
    (
      [], "\n# app:\n#   source: ../apps/acme ",
      "note: there is no folder apps/acme: the app in environments/acme.yaml is commented out\n"
    ),
  ]) func aSourceThatIsNotThereIsNotWritten(_ files: [String], _ expected: String, _ note: String) throws {
    try withFolder { folder in
      try write(["kiln.yaml": "version: 1\n"], in: folder)
      for file in files { try write([file: "x"], in: folder) }
      let context = TestContext(folder)
      try NewCommand.parse(["acme"]).run(in: context)
      let text = try String(contentsOf: folder.appending(path: "environments/acme.yaml"), encoding: .utf8)
      #expect(text.contains(expected), "\(text)")
      #expect(context.error == note)
      #expect(throws: Never.self) { try CheckCommand.parse([]).run(in: context) }
    }
  }

  @Test func aSpecWithoutAProfileSaysAllItself() throws {
    try withFolder { folder in
      try write(["kiln.yaml": "version: 1\n", "apps/shop/health.php": "x"], in: folder)
      let context = TestContext(folder)
      try NewCommand.parse(["shop", "--no-profile"]).run(in: context)
      let text = try String(contentsOf: folder.appending(path: "environments/shop.yaml"), encoding: .utf8)
      #expect(text.contains("\nruntime:\n  base: debian-12\n") && !text.contains("rofile"), "\(text)")
      #expect(throws: Never.self) { try CheckCommand.parse([]).run(in: context) }
    }
  }

  /// A link that somebody has committed leads elsewhere.
  @Test func nothingIsWrittenThroughALink() throws {
    try withFolder { folder in
      try write(["w/kiln.yaml": "version: 1\n", "w/apps/acme/x": "", "outside/keep": ""], in: folder)
      let workspace = folder.appending(path: "w")
      for name in ["w/environments", "new/apps"] {
        let link = folder.appending(path: name)
        try FileManager.default.createDirectory(
          at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: folder.appending(path: "outside"))
      }
      #expect(throws: (any Error).self) { try NewCommand.parse(["acme"]).run(in: TestContext(workspace)) }
      #expect(throws: (any Error).self) { try InitCommand.parse(["new"]).run(in: TestContext(folder)) }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "outside").path) == ["keep"])
    }
  }

  /// What the profile says, or one beneath it, is left to it; examples are of what it has.
  @Test func whatTheProfileSaysIsNotWrittenAgain() throws {
    try withFolder { folder in
      try write(
        [
          "kiln.yaml": "version: 1\n", "apps/desk/index.php": "x", "apps/acme/index.php": "x",
          "profiles/site.yaml": "version: 1\napp: {source: ../apps/desk, port: 8080, workdir: /srv/desk}\n",
          "profiles/desk.yaml": """
          version: 1
          profile: site
          runtime: {base: debian-12, components: {nginx: {}, php-fpm: {}}}
          services: {postgresql: {from: packages}}

          """,
          "profiles/whole.yaml": """
          version: 1
          profile: desk
          app: {environment: {APP_NAME: "{{customer}}"}}
          services: {postgresql: {database: "{{customer}}", user: "{{customer}}", password: DB_PASSWORD}}
          secrets: {DB_PASSWORD: {env: "{{CUSTOMER}}_DB_PASSWORD"}}

          """,
        ], in: folder)
      let context = TestContext(folder)
      try NewCommand.parse(["acme", "--profile", "desk"]).run(in: context)
      let text = try String(contentsOf: folder.appending(path: "environments/acme.yaml"), encoding: .utf8)
      for own in ["source:", "port:", "workdir:", "php: {", "mariadb"] { #expect(!text.contains(own), "\(text)") }
      for line in ["\n  health: ", "\n#     nginx: {} ", "\n#   postgresql: {database: ", "# DB_HOST: postgresql\n"] {
        #expect(text.contains(line), "\(text)")
      }
      #expect(context.error == "")
      try NewCommand.parse(["globex", "--profile", "whole"]).run(in: context)
      let whole = try String(contentsOf: folder.appending(path: "environments/globex.yaml"), encoding: .utf8)
      for own in ["APP_NAME", "DB_HOST", "database:"] { #expect(!whole.contains(own), "\(whole)") }
      #expect(throws: Never.self) { try CheckCommand.parse([]).run(in: context) }
    }
  }

  @Test func aWorkspaceWithoutEnvironmentsIsAWarning() throws {
    try withFolder { folder in
      try write(["kiln.yaml": "version: 1\n"], in: folder)
      let context = TestContext(folder)
      try CheckCommand.parse([]).run(in: context)
      #expect(
        context.error.hasPrefix(
          """
          warning: there is no environment in environments/ [workspace.empty]
            = help: `kiln new CUSTOMER` writes a spec

          """), "\(context.error)")
    }
  }
}
