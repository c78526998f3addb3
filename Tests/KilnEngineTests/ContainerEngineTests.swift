import KilnTesting
import Testing

@testable import KilnEngine

/// Which engine there is, and what it says where it does not answer.
struct ContainerEngineTests {
  @Test func anEngineThatDoesNotAnswerHasNotSaidThatNothingIsThere() async throws {
    let answer = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
    for (command, id, what) in [
      ("docker version --format {{.Server.Version}}", "engine.unreachable", "be reached"),
      ("docker image inspect --format {{.Id}} x", "engine.refusal", "ask for x"),
    ] {
      let engine = ContainerEngine(.docker, ScriptedRunner([.run(command, error: answer, code: 1)]))
      let text = await EngineWorkspace.message {
        if what == "be reached" { try await engine.check() } else { _ = try await engine.id(of: "x") }
      }
      #expect(
        text == """
          error: docker could not \(what) [\(id)]
            \(answer)
            = help: the engine is down: `sudo systemctl start docker`; `kiln doctor` says whether it answers

          """)
    }
  }

  @Test func theFirstEngineThatAnswersIsTaken() async throws {
    let runner = ScriptedRunner([.missing("docker --version"), .run("podman --version", output: "podman 5\n")])
    #expect(try await ContainerEngine.found(by: runner).kind == .podman)
    let none = ScriptedRunner(["docker", "podman", "buildah"].map { .missing("\($0) --version") })
    #expect(
      await EngineWorkspace.message { _ = try await ContainerEngine.found(by: none) } == """
        error: no container engine is on the PATH [engine.missing]
          = help: install docker (apt-get install docker.io docker-buildx), podman or buildah

        """)
  }
}
