import Foundation
import KilnDiagnostics
import KilnEngine
import KilnProcesses
import KilnTesting
import SystemPackage
import Testing

@testable import KilnVerify

/// What the image of a baked machine is asked, and that nothing stays of it.
struct MachineCheckTests {
  private func check(_ goss: String) async throws -> String {
    let environment = SampleWorkspace(
      """
      runtime: {base: debian-12, components: {apache: {}}}
      app: {source: ../apps/acme, port: 80, health: /health}
      machine: {}
      """)
    return try await withFolder { root in
      try write(["bin/goss": "goss"], in: root)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: root.appending(path: "bin/goss").path)
      let runner = ScriptedRunner([
        .run("docker image inspect …", output: #"["apache2-foreground"]"#), .run("docker run -d …", output: "c1\n"),
        .run("docker exec c1 …", output: "HTTP/1.1 404 Not Found\r\n\r\n"),
        .run(
          "docker exec --interactive \(ContainerPrograms.settings.joined(separator: " ")) --user 0 c1 /bin/sh -c …",
          output: goss
        ) { invocation in
          #expect(invocation.arguments.contains("goss-machine-container.yaml"))
          #expect(String(decoding: invocation.input, as: UTF8.self).contains("http://127.0.0.1:80/health"))
        },
        .run("docker rm -f -v c1"),
      ])
      let recorded = RecordedContext(
        root, environment: ["PATH": root.appending(path: "bin").path], processes: runner)
      let plan = try #require(environment.plans.first)
      defer { runner.finish() }
      try await MachineCheck(plan: plan, root: FilePath(root.path), context: recorded.context).run(image: "sha256:01")
      return recorded.error
    }
  }

  private static func result(_ result: Int) -> String {
    #"{"results":[{"resource-type":"HTTP","resource-id":"http://127.0.0.1:80/health","property":"status","result":\#(result),"summary-line-compact":"HTTP: http://127.0.0.1:80/health: status: Expected 404 to equal 200"}]}"#
  }

  @Test func aMachineThatAnswersIsGood() async throws {
    #expect(try await check(Self.result(0)) == "acme: the machine's services answer: 1 check passed\n")
  }

  @Test func aMachineThatAnswers404Fails() async throws {
    let error = await #expect(throws: CommandError.self) { try await check(Self.result(1)) }
    #expect(
      DiagnosticRenderer().render(error?.diagnostics ?? []) == """
        error: the machine of acme does not answer as the spec says [bake.answers]
          HTTP: http://127.0.0.1:80/health: status: is 404, expected 200
          its image is sha256:01
          = help: correct the application, or `health` and `checks` in its spec

        """)
  }
}
