import Foundation
import KilnProcesses
import KilnTesting
import SystemPackage
import Testing

@testable import KilnEngine

/// Following the edits of a source.
struct SourceSessionTests {
  private func session(_ workspace: EngineWorkspace) throws -> SourceSession {
    let environment = try LocalEnvironment("acme", root: FilePath(workspace.root.path), workspace.context)
    try environment.folder.make()
    let app = try #require(try workspace.images().first { $0.app == "app" })
    return try SourceSession(environment, app, app: "app", workdir: "/srv")
  }

  @Test func oneSessionAtATimeFollows() async throws {
    try await withFolder { root in
      let workspace = try EngineWorkspace(root, ScriptedRunner([]))
      let first = try session(workspace)
      let text = await EngineWorkspace.message { _ = try session(workspace) }
      withExtendedLifetime(first) {}
      #expect(
        text == """
          error: another `kiln up acme --mount` (process \(getpid())) follows the edits [mount.busy]
            = help: end it with Ctrl-C first

          """)
    }
  }

  /// One edit follows another: between them is a pause by what looking took, not by what bringing the first over took.
  @Test func editsThatFollowEachOtherShowSoon() async throws {
    try await withFolder { root in
      let edit: @Sendable (String) throws -> Void = { text in
        try text.write(to: root.appending(path: "apps/shop/index.php"), atomically: true, encoding: .utf8)
      }
      let exec = "docker exec --interactive …"
      let runner = ScriptedRunner([
        .run(exec), .run(exec), .run(exec) { _ in try edit("second") },
        .run(exec, error: "Error: No such container: c1", code: 1),
      ])
      let workspace = try EngineWorkspace(root, runner)
      var session = try session(workspace)
      _ = await EngineWorkspace.message { try await session.follow(container: "c1", tag: "") }
      runner.finish()
      #expect(SourceSession.pause(afterLooking: .milliseconds(1)) == .milliseconds(200))
      #expect(SourceSession.pause(afterLooking: .seconds(1)) == .milliseconds(800))
    }
  }

  /// What stops every edit is said with the file that can be edited.
  @Test func aTokenWithoutAValueNamesTheSourcesFile() async throws {
    try await withFolder { root in
      try write(["apps/shop/site.ini": "host = __HOST__ __OTHER__\n"], in: root)
      let rest = ", tokens: {files: [site.ini], values: {HOST: x}}}"
      let text = await EngineWorkspace.message {
        _ = try session(EngineWorkspace(root, ScriptedRunner([]), rest: rest))
      }
      #expect(text.contains("apps/shop/site.ini:1:17: error: nothing replaces the token \"__OTHER__\""), "\(text)")
    }
  }

  @Test func followingEndsWithTheContainer() async throws {
    try await withFolder { root in
      let runner = ScriptedRunner([
        .run(
          "docker exec --interactive --env …", error: "Error: No such container: c1", code: 1)
      ])
      let workspace = try EngineWorkspace(root, runner)
      var session = try session(workspace)
      let text = await EngineWorkspace.message { try await session.follow(container: "c1", tag: "") }
      runner.finish()
      #expect(
        text == """
          error: the app's container was replaced or removed: edits are no longer followed [mount.gone]
            = help: `kiln up acme --mount` follows them again

          """)
    }
  }
}
