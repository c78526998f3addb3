import Foundation
import KilnConsole
import KilnProcesses
import KilnTesting
import SystemPackage
import Testing

@testable import KilnEngine

/// What is asked of an engine for images that are there, or not.
struct EnvironmentBuildTests {
  private static let inspect = "docker image inspect --format {{.Id}}"
  private static let absent = "Error response from daemon: No such image: x"

  private func build(
    _ runner: ScriptedRunner, root: URL, isMissingOnly: Bool = false, isPushing: Bool = false, isQuiet: Bool = false,
    rest: String = "}"
  ) async throws -> (images: [BuiltImage], said: String) {
    let workspace = try EngineWorkspace(root, runner, rest: rest)
    let build = EnvironmentBuild(
      engine: ContainerEngine(.docker, runner), root: FilePath(root.path), time: 0, isPushing: isPushing,
      isForced: false,
      isQuiet: isQuiet, isMissingOnly: isMissingOnly, context: workspace.context)
    let images = try await build.build(try workspace.images(), of: workspace.plan, known: [])
    runner.finish()
    return (images, workspace.recorded.error)
  }

  @Test func whatIsMissingIsBuiltAndNamedAndTheRestIsKept() async throws {
    try await withFolder { root in
      let runner = ScriptedRunner([
        .run("\(Self.inspect) kiln/runtime:debian-12-…", output: "sha256:aaa\n"),
        .run("\(Self.inspect) acme/app:…", error: Self.absent, code: 1),
        .run("docker build --iidfile …", output: "#1 [1/2] RUN make\n#1 0.1 making\n") { invocation in
          // Its context is a folder with the application and its Dockerfile.
          let folder = try #require(invocation.arguments.last)
          #expect(try String(contentsOfFile: "\(folder)/app/index.php", encoding: .utf8) == "shop")
          #expect(FileManager.default.fileExists(atPath: "\(folder)/Dockerfile"))
          #expect(invocation.arguments.contains("SOURCE_DATE_EPOCH=0"))
          #expect(invocation.environment == ["DOCKER_BUILDKIT": "1"])
          try "sha256:bbb\n".write(toFile: invocation.arguments[2], atomically: true, encoding: .utf8)
        },
        .run("docker tag sha256:bbb acme/app:…"), .run("\(Self.inspect) acme/app:…", output: "sha256:bbb\n"),
      ])
      let (images, said) = try await build(runner, root: root)
      #expect(images.map(\.name) == ["runtime", "app"] && images.map(\.action) == [.kept, .built])
      #expect(images.map(\.id) == ["sha256:aaa", "sha256:bbb"])
      #expect(said.contains("acme/app: building: no image acme/app:") && said.contains("\n#1 [1/2] RUN make\n"))
      #expect(!said.contains("making"))
      // The name is the one that was asked for.
      #expect(runner.calls[3].arguments.last == runner.calls[1].arguments.last)
    }
  }

  @Test func whatMayNotBeBuiltIsNamed() async throws {
    try await withFolder { root in
      let runner = ScriptedRunner([.run("\(Self.inspect) kiln/runtime:…", error: Self.absent, code: 1)])
      let text = await EngineWorkspace.message { _ = try await build(runner, root: root, isMissingOnly: true) }
      #expect(text.hasPrefix("error: no image kiln/runtime:debian-12-"))
      #expect(
        text.hasSuffix(
          " is on this machine [build.missing]\n  = help: `kiln build acme`, or leave out --no-build\n"))
    }
  }

  @Test func aBuildThatFailsSaysWhatToDo() async throws {
    try await withFolder { root in
      let runner = ScriptedRunner([
        .run("\(Self.inspect) kiln/runtime:…", error: Self.absent, code: 1),
        .run("docker build …", output: "write /x: no space left on device\n", code: 1),
      ])
      let text = await EngineWorkspace.message { _ = try await build(runner, root: root) }
      #expect(
        text == """
          error: acme/runtime was not built: docker failed with exit code 1 [build.failed]
            write /x: no space left on device
            = help: the disk is full: `docker system df` says what uses it, `docker builder prune` removes build caches

          """)
    }
  }

  /// What Docker says before BuildKit has begun has no step's number; a secret is hidden in it, too.
  @Test func whatAFailedBuildPrintedIsSaidWithTheError() async throws {
    try await withFolder { root in
      let runner = ScriptedRunner([
        .run("\(Self.inspect) acme/app:…", error: Self.absent, code: 1),
        .run("\(Self.inspect) kiln/runtime:…", output: "sha256:aaa\n"),
        .run("docker build …", output: "#1 0.1 noise\nunknown flag: s3cret-token\n", code: 1),
      ])
      let workspace = try EngineWorkspace(
        root, runner, rest: ", buildSecrets: [TOKEN]}\nsecrets: {TOKEN: {env: ACME_TOKEN}}\n",
        variables: ["ACME_TOKEN": "s3cret-token"])
      let build = EnvironmentBuild(
        engine: ContainerEngine(.docker, runner), root: FilePath(root.path), time: 0, isPushing: false,
        isForced: false, isQuiet: false, context: workspace.context)
      let images = try workspace.images()
      let text = await EngineWorkspace.message {
        _ = try await build.build(
          images.filter { $0.app == "app" }, of: workspace.plan, known: [], on: images.filter(\.isRuntime))
      }
      #expect(text.contains("\n  unknown flag: ***\n"), "\(text)")
      #expect(!workspace.recorded.error.contains("noise"))
    }
  }

  /// Of a push everything is shown: it has no steps.
  @Test func whatAPushPrintsIsShown() async throws {
    try await withFolder { root in
      let runner = ScriptedRunner([
        .run("\(Self.inspect) example.com/acme/app:…", output: "sha256:bbb\n"),
        .run("docker buildx imagetools inspect …", error: "not found", code: 1),
        .run("docker push …", output: "denied: no access\n", code: 1),
      ])
      let workspace = try EngineWorkspace(root, runner, rest: "}\nimages: {registry: example.com}\n")
      let build = EnvironmentBuild(
        engine: ContainerEngine(.docker, runner), root: FilePath(root.path), time: 0, isPushing: true,
        isForced: false, isQuiet: false, context: workspace.context)
      let images = try workspace.images().filter { $0.app == "app" }
      let text = await EngineWorkspace.message { _ = try await build.build(images, of: workspace.plan, known: []) }
      #expect(text.contains("[build.push]"), "\(text)")
      #expect(workspace.recorded.error.contains("denied: no access\n"))
    }
  }

  /// What the registry has is pulled, also where nothing is pushed; for an app that is there nothing else is asked for.
  @Test func whatTheRegistryHasIsPulledAndNeedsNoRuntime() async throws {
    try await withFolder { root in
      let app = "example.com/acme/app:"
      let runner = ScriptedRunner([
        .run("\(Self.inspect) \(app)…", error: Self.absent, code: 1),
        .run("docker buildx imagetools inspect \(app)…"), .run("docker pull \(app)…"),
        .run("\(Self.inspect) \(app)…", output: "sha256:bbb\n"),
      ])
      let workspace = try EngineWorkspace(root, runner, rest: "}\nimages: {registry: example.com}\n")
      let build = EnvironmentBuild(
        engine: ContainerEngine(.docker, runner), root: FilePath(root.path), time: 0, isPushing: false,
        isForced: false, isQuiet: true, isMissingOnly: true, context: workspace.context)
      let images = try workspace.images()
      let results = try await build.build(
        images.filter { $0.app == "app" }, of: workspace.plan, known: [], on: images.filter(\.isRuntime))
      runner.finish()
      #expect(results.map(\.action) == [.kept] && results.map(\.id) == ["sha256:bbb"])
      #expect(results.first?.reason.hasPrefix("the registry has example.com/acme/app:") == true)
      // This workspace has put it there.
      #expect(ImageLedger(root: FilePath(root.path)).entries.map(\.id) == ["sha256:bbb"])
    }
  }

  @Test func anAppThatIsToBeBuiltHasItsRuntimeFirst() async throws {
    try await withFolder { root in
      let runner = ScriptedRunner([
        .run("\(Self.inspect) acme/app:…", error: Self.absent, code: 1),
        .run("\(Self.inspect) kiln/runtime:…", output: "sha256:aaa\n"),
        .run("docker build --iidfile …") { invocation in
          // Its tag is the version that it says.
          #expect(
            invocation.arguments.contains {
              $0.wholeMatch(of: /org\.opencontainers\.image\.version=[0-9a-f]{40}/) != nil
            })
          try "sha256:bbb\n".write(toFile: invocation.arguments[2], atomically: true, encoding: .utf8)
        },
        .run("docker tag sha256:bbb acme/app:…"), .run("\(Self.inspect) acme/app:…", output: "sha256:bbb\n"),
      ])
      let workspace = try EngineWorkspace(root, runner)
      let build = EnvironmentBuild(
        engine: ContainerEngine(.docker, runner), root: FilePath(root.path), time: 0, isPushing: false,
        isForced: false, isQuiet: true, context: workspace.context)
      let images = try await WorkspaceBuild(workspace.loaded, named: ["app"], build).run()
      runner.finish()
      #expect(images.map(\.name) == ["runtime", "app"])
      let label = runner.calls[2].arguments.first { $0.hasPrefix("org.opencontainers.image.version=") }
      #expect(label?.split(separator: "=").last == images.last?.image.split(separator: ":").last)
    }
  }

  @Test func whatIsNotPushedIsNamed() async throws {
    try await withFolder { root in
      let runner = ScriptedRunner([
        .run("\(Self.inspect) example.com/kiln/runtime:…", output: "sha256:aaa\n"),
        .run("docker buildx imagetools inspect example.com/kiln/runtime:…", code: 1),
        .run("docker push example.com/kiln/runtime:…", output: "denied\n", code: 1),
      ])
      let text = await EngineWorkspace.message {
        _ = try await build(runner, root: root, isPushing: true, rest: "}\nimages: {registry: example.com}\n")
      }
      #expect(text.hasPrefix("error: example.com/kiln/runtime:debian-12-"))
      #expect(text.hasSuffix(" was not pushed: docker failed with exit code 1 [build.push]\n"))
    }
  }

  /// An engine's default registry is Docker Hub.
  @Test func withoutARegistryNothingIsBuiltToBePushed() async throws {
    try await withFolder { root in
      let text = await EngineWorkspace.message {
        _ = try await build(ScriptedRunner([]), root: root, isPushing: true)
      }
      #expect(
        text == """
          error: no registry is set for acme [build.registry]
            = help: write `registry: HOST/PATH` in kiln.yaml, or `images: {registry: HOST/PATH}` in the spec

          """)
    }
  }

  @Test func aQuietBuildThatFailsShowsTheFailingStepsLines() async throws {
    let output = """
      #8 [4/5] RUN make
      #8 0.345 no rule
      #8 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 2
      ------
       > [4/5] RUN make:
      0.345 no rule
      ------
      Dockerfile:7
      --------------------
         6 | >>> RUN make
      --------------------
      ERROR: failed to solve: exit code: 2

      """
    try await withFolder { root in
      let runner = ScriptedRunner([
        .run("\(Self.inspect) kiln/runtime:…", error: Self.absent, code: 1),
        .run("docker build …", output: output, code: 1),
      ])
      let text = await EngineWorkspace.message { _ = try await build(runner, root: root, isQuiet: true) }
      #expect(
        text.hasPrefix(
          """
          error: acme/runtime was not built: docker failed with exit code 1 [build.failed]
             > [4/5] RUN make:
            0.345 no rule
            ERROR: failed to solve: exit code: 2
            = help: its context is 
          """), "\(text)")
    }
    #expect(BuildFailure.lines(of: "one\ntwo\n") == ["one", "two"])
  }

  @Test func aContextThatWasChangedGivesNoName() async throws {
    try await withFolder { root in
      let runner = ScriptedRunner([
        .run("\(Self.inspect) kiln/runtime:…", error: Self.absent, code: 1),
        .run("docker build --iidfile …") { invocation in
          try "sha256:bbb\n".write(toFile: invocation.arguments[2], atomically: true, encoding: .utf8)
          let folder = try #require(invocation.arguments.last)
          try "x".write(toFile: "\(folder)/Dockerfile", atomically: true, encoding: .utf8)
        },
      ])
      let text = await EngineWorkspace.message { _ = try await build(runner, root: root) }
      #expect(
        text.hasPrefix(
          "error: acme/runtime: its context was changed while it was built; the image sha256:bbb has no name [build.changed]\n"
        ))
    }
  }

  @Test func everySecretThatIsMissingIsReported() async throws {
    try await withFolder { root in
      let rest = """
        , buildSecrets: [ONE, TWO], install: [make]}
        secrets: {ONE: {env: ACME_ONE}, TWO: {env: ACME_TWO}}
        """
      let runner = ScriptedRunner([.run("\(Self.inspect) kiln/runtime:…", output: "sha256:aaa\n")])
      let text = await EngineWorkspace.message { _ = try await build(runner, root: root, rest: rest) }
      #expect(
        text == """
          error: the variable ACME_ONE is not set; secret ONE of acme needs it [build.secret]
          error: the variable ACME_TWO is not set; secret TWO of acme needs it [build.secret]

          """)
    }
  }
}
