import Foundation
import KilnGeneration
import KilnProcesses
import KilnTesting
import SystemPackage
import Testing

@testable import KilnEngine

/// What `kiln up` asks of Docker.
struct EnvironmentUpTests {
  private static let version = ScriptedRunner.Step.run("docker version --format {{.Server.Version}}", output: "27\n")
  private static let filter = "--filter label=com.docker.compose.project=acme"

  private static func objects(containers: String = "") -> [ScriptedRunner.Step] {
    [
      .run("docker ps --all \(filter) --format …", output: containers),
      .run("docker network ls \(filter) --format …"), .run("docker volume ls --format …"),
    ]
  }

  private func up(_ workspace: EngineWorkspace) async throws {
    try await EnvironmentUp(
      plan: workspace.plan, ports: [:], isFollowing: false, isBuilding: false, timeout: 60, project: nil,
      isAdopting: false, isQuiet: true
    ).run(workspace.loaded, workspace.context)
  }

  /// Project, files and variables that Compose is started with, after the image was found.
  private func start(
    _ root: URL, containers: String = "", ending: [ScriptedRunner.Step], says: String = "", code: Int32 = 0
  ) -> ScriptedRunner {
    let dist = root.appending(path: "dist/acme").path
    let files = "--file \(dist)/compose.yaml --file \(dist)/compose.local.yaml"
    return ScriptedRunner(
      [Self.version] + Self.objects(containers: containers) + [
        .run("docker image inspect --format {{.Id}} acme/app:…", output: "sha256:aaa\n"),
        .run("docker ps --all --quiet \(Self.filter)"),
        .run(
          "docker compose --project-name acme \(files) up --detach --remove-orphans --wait --wait-timeout 60",
          output: says, code: code
        ) { invocation in
          let variables = invocation.environment
          // A port of Kiln's choice: the next start, with the same one, changes nothing.
          #expect(variables[EnvironmentVariables.tag(of: "app")]?.count == 40)
          #expect(Int(variables[EnvironmentVariables.port(of: "app")] ?? "").map { $0 > 0 } == true)
          #expect(
            variables[EnvironmentVariables.workspace] == WorkspaceIdentity(root: FilePath(root.path)).id)
          let text = try String(contentsOfFile: "\(dist)/compose.yaml", encoding: .utf8)
          #expect(text.contains("name: acme\n"))
        }, .run("docker ps --all --quiet \(Self.filter)"),
      ] + ending)
  }

  @Test func composeGetsTheProjectTheFilesAndTheVariables() async throws {
    try await withFolder { root in
      let state =
        #"{"ID":"c1","Service":"app","State":"running","Health":"healthy","ExitCode":0,"Publishers":[{"TargetPort":80,"PublishedPort":8123}]}"#
      let runner = start(
        root, ending: [.run("docker compose --project-name acme ps --all --format json", output: state + "\n")])
      let workspace = try EngineWorkspace(root, runner)
      try await up(workspace)
      runner.finish()
      #expect(workspace.recorded.output == "http://127.0.0.1:8123/\n")
      // Next time it has the same port.
      #expect(LocalState(readingFrom: LocalFolder(FilePath(root.path), "acme")).ports == ["app": 8123])
    }
  }

  @Test func whatIsNotWellIsReportedWithItsLastLines() async throws {
    try await withFolder { root in
      let state = #"{"ID":"c1","Service":"app","State":"exited","Health":"","ExitCode":1}"#
      let runner = start(
        root,
        ending: [
          .run("docker compose --project-name acme ps --all --format json", output: state + "\n"),
          .run(
            "docker compose --project-name acme logs --no-color --no-log-prefix --tail 15 app",
            output: "one\n##vso[task.complete]two\n"),
          .run("docker inspect --format {{.State.OOMKilled}} {{.HostConfig.Memory}} c1", output: "true 41943040\n"),
        ], code: 1)
      let workspace = try EngineWorkspace(root, runner)
      let text = await EngineWorkspace.message { try await up(workspace) }
      runner.finish()
      #expect(
        text == """
          error: app ended with exit code 1 [up.unhealthy]
            one
            ## vso[task.complete]two
            = help: it needs more memory than its limit of 40 MiB: raise limits.memory of app
            = help: `kiln logs acme` has the rest; `kiln down acme` stops and removes it

          """)
    }
  }

  /// The engine's word on a container that ran before is as old as its last health check.
  @Test func whatGetsWellIsNotReported() async throws {
    try await withFolder { root in
      func state(_ health: String) -> ScriptedRunner.Step {
        .run(
          "docker compose --project-name acme ps --all --format json",
          output: #"{"ID":"c1","Service":"app","State":"running","Health":"\#(health)","ExitCode":0}"# + "\n")
      }
      let own = "acme-app-1|acme|\(WorkspaceIdentity(root: FilePath(root.path)).id)|\(root.path)\n"
      let runner = start(
        root, containers: own, ending: [state("unhealthy"), state("unhealthy"), state("healthy")], code: 1)
      let workspace = try EngineWorkspace(root, runner)
      try await up(workspace)
      runner.finish()
    }
  }

  @Test func whatComposeRefusesIsReported() async throws {
    try await withFolder { root in
      let runner = start(
        root, ending: [.run("docker compose --project-name acme ps --all --format json")],
        says: "Error response from daemon: no\n", code: 14)
      let text = await EngineWorkspace.message { try await up(EngineWorkspace(root, runner)) }
      #expect(
        text == """
          error: docker compose failed with exit code 14 [up.compose]
            Error response from daemon: no
            = help: `kiln logs acme` has the rest; `kiln down acme` stops and removes it

          """)
    }
  }

  @Test func secretsDoNotReachAnotherMachine() async throws {
    try await withFolder { root in
      let runner = ScriptedRunner(
        [Self.version] + Self.objects() + [
          .run("docker image inspect --format {{.Id}} acme/app:…", output: "sha256:aaa\n"),
          .run("docker ps --all --quiet \(Self.filter)"),
        ])
      let workspace = try EngineWorkspace(
        root, runner, rest: "}\nsecrets: {KEY: {env: ACME_KEY}}\n",
        variables: ["ACME_KEY": "s3cret", "DOCKER_HOST": "tcp://192.0.2.1:2376"])
      #expect(
        await EngineWorkspace.message { try await up(workspace) } == """
          error: the engine is on another machine, which secrets of this one do not reach [up.remote]
            = help: unset DOCKER_HOST, or run kiln there

          """)
    }
  }

  @Test func aProjectOfSomebodyElseIsNotTouched() async throws {
    try await withFolder { root in
      let foreign = "acme-app-1||0123456789abcdef|/elsewhere\n"
      let runner = ScriptedRunner([Self.version] + Self.objects(containers: foreign))
      let workspace = try EngineWorkspace(root, runner)
      let text = await EngineWorkspace.message { try await up(workspace) }
      runner.finish()
      #expect(
        text == """
          error: on this engine, acme belongs to the workspace /elsewhere: container acme-app-1 [local.foreign]
            = help: `kiln up acme --project acme-2` runs this workspace's environment beside it; `kiln up acme --adopt` takes it over if that workspace was moved here or no longer exists

          """)
    }
  }
}

/// Commands on an environment that runs, or does not.
struct LocalLifeTests {
  private static let filter = "--filter label=com.docker.compose.project=acme"
  /// There is none.
  private static let proxy: [ScriptedRunner.Step] = [
    .run("docker ps --all --filter name=^/?kiln-proxy$ --format …"),
    .run("docker network ls --quiet --filter label=io.kiln.proxy"),
  ]

  private func objects(_ root: URL) -> [ScriptedRunner.Step] {
    let own = WorkspaceIdentity(root: FilePath(root.path)).id
    return [
      .run("docker ps --all \(Self.filter) --format …", output: "acme-app-1||\(own)|\(root.path)\n"),
      .run("docker network ls \(Self.filter) --format …"), .run("docker volume ls --format …"),
    ]
  }

  private func message(
    _ steps: (URL) -> [ScriptedRunner.Step], _ body: (LocalEnvironment) async throws -> Void
  ) async throws -> String {
    try await withFolder { root in
      let runner = ScriptedRunner(steps(root))
      let context = try EngineWorkspace(root, runner).context
      let environment = try LocalEnvironment("acme", root: FilePath(root.path), context)
      let text = await EngineWorkspace.message { try await body(environment) }
      runner.finish()
      return text
    }
  }

  @Test(arguments: [
    ("", "acme is not up [local.down]\n  = help: `kiln up acme` starts it\n"),
    (
      "c1|app|acme/app:1|d|running|app\nc2|mariadb|x|d|running|service\n",
      "acme has no service \"mariadbb\" [local.service]\n  = help: did you mean \"mariadb\"?\n"
    ),
  ]) func aServiceThatIsNotThereIsNamed(_ containers: String, _ expected: String) async throws {
    let text = try await message {
      objects($0) + [
        .run(
          "docker ps --all --no-trunc \(Self.filter) --filter label=com.docker.compose.oneoff=False --format …",
          output: containers)
      ]
    } _: {
      _ = try await $0.exec(["true"], in: "mariadbb", as: nil)
    }
    #expect(text == "error: \(expected)")
  }

  @Test func aCustomerThatIsNotThereIsNotOneThatIsDown() async throws {
    try await withFolder { root in
      let none: [ScriptedRunner.Step] = [
        .run("docker ps --all --filter label=com.docker.compose.project=acmee --format …"),
        .run("docker network ls --filter …"), .run("docker volume ls --format …"),
      ]
      let listing = ScriptedRunner.Step.run("docker ps --all --no-trunc --filter …")
      let states = ScriptedRunner.Step.run("docker compose --project-name acmee ps --all --format json")
      let bodies: [([ScriptedRunner.Step], (LocalEnvironment) async throws -> Void)] = [
        ([listing], { _ = try await $0.exec(["true"], in: "app", as: nil) }), ([states], { _ = try await $0.status() }),
        ([], { try await $0.takeAway(withVolumes: false) }),
      ]
      for (steps, body) in bodies {
        let runner = ScriptedRunner(none + steps)
        let workspace = try EngineWorkspace(root, runner)
        let environment = try LocalEnvironment("acmee", root: FilePath(root.path), workspace.context)
        let text = await EngineWorkspace.message { try await body(environment) }
        runner.finish()
        #expect(
          text == """
            error: there is no customer "acmee" in the workspace [workspace.customer]
              = help: did you mean "acme"?

            """)
      }
    }
  }

  @Test func whereNothingRunsNothingIsRemoved() async throws {
    try await withFolder { root in
      let gone: [ScriptedRunner.Step] = [
        .run("docker ps --all --quiet \(Self.filter)"), .run("docker network ls --quiet \(Self.filter)"),
      ]
      let runner = ScriptedRunner(
        [
          .run("docker ps --all \(Self.filter) --format …"), .run("docker network ls \(Self.filter) --format …"),
          .run("docker volume ls --format …"), .run("docker ps --all --quiet \(Self.filter)"),
        ] + Self.proxy + gone + gone)
      let workspace = try EngineWorkspace(root, runner)
      try await LocalEnvironment("acme", root: FilePath(root.path), workspace.context).takeAway(withVolumes: false)
      runner.finish()
      #expect(workspace.recorded.error == "acme is not up; nothing to remove\n")
    }
  }

  @Test func whatComposeDoesNotRemoveIsReported() async throws {
    let text = try await message {
      objects($0) + [
        .run("docker ps --all --quiet \(Self.filter)")
      ] + Self.proxy + [
        .run("docker compose --project-name acme down --remove-orphans --volumes", code: 1)
      ]
    } _: {
      try await $0.takeAway(withVolumes: true)
    }
    #expect(text == "error: docker compose failed with exit code 1 [down.compose]\n")
  }
}
