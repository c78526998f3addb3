import KilnProcesses
import KilnTesting
import Testing

@testable import KilnVerify

struct ImageInspectionTests {
  /// nginx answers before PHP behind it does.
  @Test func aPageIsAskedForUntilTheServerBehindAnswersToo() async throws {
    let runner = ScriptedRunner([
      .run("docker image inspect …", output: "[]"), .run("docker run -d …", output: "c1\n"),
      .run("docker exec c1 …", output: "HTTP/1.1 502 Bad Gateway\r\n\r\nwait"),
      .run("docker exec c1 …", output: "HTTP/1.1 200 OK\r\n\r\nhello"), .run("docker rm -f -v c1"),
    ])
    let inspection = ImageInspection(image: "i", values: [], docker: Tool("docker", runner))
    #expect(try await inspection.page(port: 80, path: "/") == "HTTP/1.1 200 OK hello")
    runner.finish()
  }
}
