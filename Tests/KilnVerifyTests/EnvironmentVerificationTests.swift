import Foundation
import KilnArtifacts
import KilnDiagnostics
import KilnEngine
import KilnPlan
import KilnProcesses
import KilnTesting
import KilnWorkspace
import SystemPackage
import Testing

@testable import KilnVerify

/// From goss in containers to a report.
struct EnvironmentVerificationTests {
  private let environment = SampleWorkspace(
    """
    runtime: {base: debian-12}
    app: {source: ../apps/shop, port: 80}
    services: {redis: {}}
    """)

  private func container(_ service: String, digest: String, state: String = "running") -> EngineContainer {
    EngineContainer(id: "id-\(service)", service: service, image: "\(service):1", digest: digest, state: state)
  }

  private func text(of digest: ContentDigest?) -> String { digest?.description ?? "" }

  private func exec(_ service: String, output: String) -> ScriptedRunner.Step {
    .run(
      "docker exec --interactive \(ContainerPrograms.settings.joined(separator: " ")) --user 0 id-\(service) /bin/sh -c …",
      output: output
    ) { invocation in
      #expect(invocation.arguments.suffix(2).first == "verify")
      // One archive with the program and the goss files, and nothing at a path that others know.
      let archive = String(decoding: invocation.input, as: UTF8.self)
      #expect(archive.contains("goss-running.yaml\0") && archive.contains("THE PROGRAM"))
    }
  }

  private func report(
    _ containers: [EngineContainer], _ steps: [ScriptedRunner.Step], of plan: EnvironmentPlan? = nil
  ) async throws -> String {
    try await withFolder { folder in
      try write(["goss": "THE PROGRAM", "files/goss-running.yaml": "{}"], in: folder)
      let plan = try plan ?? #require(environment.plans.first)
      let runner = ScriptedRunner(steps, isOrdered: false)
      let docker = ContainerEngine(.docker, runner).tool
      let verification = EnvironmentVerification(
        plan: plan, docker: docker, goss: folder.appending(path: "goss").path,
        folder: FilePath(folder.appending(path: "files").path))
      let report = try await verification.report(containers)
      runner.finish()
      return report.text
    }
  }

  @Test func everyContainerIsAskedAndEveryFailureIsALine() async throws {
    let plan = try #require(environment.plans.first)
    let text = try await report(
      [
        container("app", digest: text(of: plan.workloads.last?.digest)), container("redis", digest: "sha256:another"),
        container("stranger", digest: "x"),
      ],
      [
        exec(
          "app",
          output:
            #"{"results":[{"resource-type":"Port","resource-id":"tcp:80","property":"listening","result":1,"summary-line-compact":"Port: tcp:80: listening: Expected false to equal true"}]}"#
        ),
        exec("redis", output: #"{"results":[]}"#),
      ])
    #expect(
      text == """
        container  passed  failed  skipped
        app             2       1        0
        redis           1       1        0
        stranger        0       1        0
        failed: app: Port: tcp:80: listening: is false, expected true
        failed: redis: Container: version: another version than the spec's is up; `kiln up acme` replaces it
        failed: stranger: Container: spec: the spec has no such service; `kiln up acme` removes it

        """)
  }

  @Test func allContainersOfAWorkerRunTheSpecsVersion() async throws {
    let sample = SampleWorkspace(
      """
      runtime: {base: debian-12}
      app: {source: ../app, workers: {queue: {command: [php, w.php], replicas: 2}}}
      """)
    let plan = try #require(sample.plans.first, "\(sample.problems)")
    let digests = Dictionary(uniqueKeysWithValues: plan.workloads.map { ($0.name, text(of: $0.digest)) })
    func lines(_ second: String) async throws -> String {
      try await report(
        [
          container("app", digest: digests["app"] ?? ""), container("app-queue", digest: digests["app-queue"] ?? ""),
          container("app-queue", digest: second),
        ],
        ["app", "app-queue"].map { exec($0, output: #"{"results":[]}"#) }, of: plan)
    }
    #expect(try await !lines(digests["app-queue"] ?? "").contains("failed:"))
    #expect(
      try await lines("sha256:before").contains(
        "failed: app-queue: Container: replicas: 1 of 2 run as the spec says; `kiln up acme` mends it"))
  }

  @Test func aContainerThatDoesNotRunIsNotAsked() async throws {
    let text = try await report([container("app", digest: "", state: "exited")], [])
    #expect(text.contains("app: Container: running: it is exited; `kiln up acme` starts it"))
    #expect(text.contains("redis: Container: running: there is none"))
  }

  @Test func whatIsNoAnswerOfGossIsTheEnginesFailure() async throws {
    let plan = try #require(environment.plans.first)
    let containers = [container("app", digest: text(of: plan.workloads.last?.digest))]
    let error = await #expect(throws: EngineFailure.self) {
      try await report(containers, [exec("app", output: "tar: not found\n")])
    }
    #expect(error?.commandError.diagnostics.first?.message == "docker could not check app")
    #expect(error?.commandError.diagnostics.first?.details == ["tar: not found"])
  }
}
