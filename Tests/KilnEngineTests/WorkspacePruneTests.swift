import Foundation
import KilnConsole
import KilnPlan
import KilnProcesses
import KilnTesting
import KilnWorkspace
import SystemPackage
import Testing

@testable import KilnEngine

/// Which images of an engine `kiln prune` takes for this workspace's, and for needless.
struct WorkspacePruneTests {
  private static func listing(_ ids: [String], _ rows: [String], used: [String] = []) -> [ScriptedRunner.Step] {
    [
      .run("docker image ls --no-trunc --format {{.ID}}", output: ids.map { "\($0)\n" }.joined()),
      .run(
        "docker image inspect --format {{.Id}}|…", output: rows.map { "\($0)\n" }.joined()),
      .run("docker ps --all --quiet --no-trunc", output: used.isEmpty ? "" : "c1\n"),
    ] + (used.isEmpty ? [] : [.run("docker inspect --format {{.Image}} c1", output: used.map { "\($0)\n" }.joined())])
  }

  @Test func onlyOwnImagesThatNothingNeedsAreRemoved() async throws {
    try await withFolder { root in
      let runtime = try EngineWorkspace(root, ScriptedRunner([])).runtimeImage
      let ledger = ImageLedger(root: FilePath(root.path))
      let images = [
        ("sha256:1", runtime), ("sha256:2", "kiln/runtime:debian-12-old"), ("sha256:3", "gone/app:3"),
        ("sha256:4", "acme/app:4"), ("sha256:5", "acme/app:5"), ("sha256:6", "gone/redis:6"),
        ("sha256:7", "postgres:16"), ("sha256:8", "gone/app:8"), ("sha256:9", "gone/app:removed"),
      ]
      for (id, image) in images { try ledger.add(.docker, image, id) }
      func row(_ id: Int, _ names: String, _ labels: String = "io.kiln.customer ") -> String {
        "sha256:\(id)|\(id * 1000)|\(names)|\(labels)"
      }
      let rows = [
        row(1, "\(runtime) "), row(2, "kiln/runtime:debian-12-old "), row(3, "gone/app:3 "), row(4, "acme/app:4 "),
        row(5, "acme/app:5 "), row(6, "gone/redis:6 "),
        // Of somebody else; built again, so that its name is another image's; not in the ledger at all.
        row(7, "postgres:16 ", ""), row(8, ""), row(10, "gone/app:10 "),
      ]
      let ids = [1, 2, 3, 4, 5, 6, 7, 8, 10].map { "sha256:\($0)" }
      let runner = ScriptedRunner(
        Self.listing(ids, rows, used: ["sha256:6"]) + [
          .run("docker image inspect --format {{.Id}} kiln/runtime:debian-12-old", output: "sha256:2\n"),
          .run("docker image rm kiln/runtime:debian-12-old"),
          // Somebody built it again meanwhile.
          .run("docker image inspect --format {{.Id}} gone/app:3", output: "sha256:33\n"),
          .run("docker image inspect --format {{.Id}} acme/app:4", output: "sha256:4\n"),
          .run("docker image rm acme/app:4"), .run("docker image rm sha256:8"),
        ])
      let workspace = try EngineWorkspace(root, runner)
      let prune = try await WorkspacePrune(workspace.loaded, isAll: false, workspace.context)
      #expect(prune.items.map(\.name) == ["kiln/runtime:debian-12-old", "gone/app:3", "acme/app:4", "sha256:8"])
      #expect(prune.text.hasPrefix("image kiln/runtime:debian-12-old  2.0 kB\n"))
      #expect(prune.text.hasSuffix("4 items, at most 17.0 kB\n"), "\(prune.text)")
      try await prune.remove()
      runner.finish()
      let left = Set(ledger.entries.map(\.id))
      #expect(left == ["sha256:1", "sha256:3", "sha256:5", "sha256:6", "sha256:7"])
    }
  }

  /// A list that somebody committed, or that another workspace wrote, names nothing.
  @Test func aForeignListIsNotBelieved() async throws {
    try await withFolder { root in
      let workspace = try EngineWorkspace(root, ScriptedRunner([]))
      let ledger = ImageLedger(root: FilePath(root.path))
      try ledger.add(.docker, "gone/app:1", "sha256:1")
      let file = root.appending(path: "dist/.images").path
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
      #expect(ledger.entries.isEmpty)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
      #expect(ledger.entries.count == 1)
      let other = root.appending(path: "elsewhere/dist")
      try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: file, toPath: other.appending(path: ".images").path)
      #expect(ImageLedger(root: FilePath(root.appending(path: "elsewhere").path)).entries.isEmpty)
      // Without a spec everything would be needless.
      try FileManager.default.removeItem(at: root.appending(path: "environments/acme.yaml"))
      let empty = try workspace.context.load(workspace: nil, customers: [], workers: Workers(count: 1))
      let text = await EngineWorkspace.message { _ = try await WorkspacePrune(empty, isAll: false, workspace.context) }
      #expect(text.contains("[prune.no-specs]"), "\(text)")
    }
  }
}
