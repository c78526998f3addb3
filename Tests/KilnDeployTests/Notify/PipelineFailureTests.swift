import Foundation
import KilnDocuments
import KilnProcesses
import KilnTesting
import KilnWorkspace
import SystemPackage
import Testing

@testable import KilnDeploy

struct PipelineFailureTests {
  private static let files = [
    "kiln.yaml": "version: 1\nnotify: [{webhook: {env: HOOK}}]\n", "apps/shop/index.php": "shop",
    "environments/acme.yaml": "version: 1\ncustomer: acme\nruntime: {base: debian-12}\napp: {source: ../apps/shop}\n",
  ]

  @Test func namesTheJobAndTheCommits() {
    let notification = Notification(
      id: "1", .pipelineFailed, customer: "acme", stage: "qa", workload: "building acme",
      reason: "https://ci.example/7",
      commits: [
        ReleaseCommit(hash: "b2", author: "Bob", subject: "Break <it>"),
        ReleaseCommit(hash: "a1", author: "Ann", subject: "More"),
      ])
    #expect(
      notification.text == """
        acme qa: building acme failed: https://ci.example/7
        newest commit:
          b2 Bob: Break <it>
        1 other commit:
          a1 Ann: More
        """)
    let whole = Notification(id: "1", .pipelineFailed, customer: "", stage: nil, workload: "check")
    #expect(whole.text == "pipeline: check failed")
    #expect(whole.document["customer"] == .null)
  }

  @Test func isSentToThoseWhomTheWorkspaceNames() async throws {
    try await withFolder { folder in
      try write(Self.files, in: folder)
      try run("git init -q . && git add -A && git -c user.name=Ann -c user.email=a@b commit -qm One", in: folder)
      try run("git -c user.name=Bob -c user.email=a@b commit -qm Two --allow-empty", in: folder)
      let curl = ScriptedRunner([.run("curl -q --config -", output: "200")])
      let runner = Both(curl: curl)
      let context = RecordedContext(folder, environment: ["HOOK": "https://hooks.example/secret"], processes: runner)
      let loaded = try context.context.load(workspace: nil, customers: [], workers: Workers(count: 1))
      try await PipelineFailure(
        job: "building acme", customer: "acme", stage: nil, url: "https://ci.example/7", since: "HEAD~1"
      ).send(loaded, context.context)
      #expect(context.error.contains("Bob: Two") && !context.error.contains("Ann: One"), "\(context.error)")
      #expect(!context.error.contains("hooks.example"))
      let body = String(decoding: try #require(curl.calls.first).input, as: UTF8.self)
      #expect(body.contains("pipeline-failed") && body.contains("Bob"))
      curl.finish()
    }
  }

  private func run(_ script: String, in folder: URL) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", script]
    process.currentDirectoryURL = folder
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  /// Git for real, curl by script.
  private struct Both: ProcessRunner {
    let curl: ScriptedRunner
    private let real = SystemProcesses()
    init(curl: ScriptedRunner) { self.curl = curl }
    private func runner(_ invocation: Invocation) -> any ProcessRunner { invocation.program == "curl" ? curl : real }
    func output(_ invocation: Invocation) async throws -> Tool.Outcome {
      try await runner(invocation).output(invocation)
    }
    func stream(
      _ invocation: Invocation, _ body: @Sendable @escaping (UnsafeRawBufferPointer) throws -> Void
    ) async throws -> Int32 { try await runner(invocation).stream(invocation, body) }
    func redirected(_ invocation: Invocation, input: FileDescriptor?, output: FileDescriptor?, isShielded: Bool)
      async throws -> Tool.Outcome
    { try await runner(invocation).redirected(invocation, input: input, output: output, isShielded: isShielded) }
    func attached(_ invocation: Invocation) async throws -> Int32 { try await runner(invocation).attached(invocation) }
  }
}
