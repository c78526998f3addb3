import Foundation
import KilnArtifacts
import KilnContext
import KilnProcesses
import KilnTesting
import SystemPackage
import Testing

@testable import KilnEngine

/// What `kiln volumes`, `backup` and `restore` ask of Docker.
struct BackupTests {
  private static let rest = """
    , volumes: {uploads: {path: /var/www/uploads, storage: 2Gi}}}
    services: {redis: {from: packages}}
    """
  private static let filter = "--filter label=com.docker.compose.project=acme"
  private static let version = ScriptedRunner.Step.run("docker version --format {{.Server.Version}}", output: "27\n")

  private static func objects(_ root: URL, volumes: [String] = ["app-uploads", "redis-data"]) -> [ScriptedRunner.Step] {
    let id = WorkspaceIdentity(root: FilePath(root.path)).id
    return [
      .run("docker ps --all \(filter) --format …"), .run("docker network ls \(filter) --format …"),
      .run(
        "docker volume ls --format …",
        output: volumes.map { "acme_\($0)|acme |\(id)|\(root.path)\n" }.joined()),
    ]
  }

  private static func containers(redis: String = "running") -> ScriptedRunner.Step {
    .run(
      "docker ps --all --no-trunc \(filter) …",
      output: "c1|redis|acme/redis:1|d|\(redis)|service\nc2|app|acme/app:1|d|running|app\n")
  }

  /// As the engine gives a folder.
  private static func engineTar(_ files: [(String, ArchiveEntry.Kind)]) throws -> String {
    var bytes: [UInt8] = []
    let writer = try ArchiveWriter(time: 0) { bytes += $0 }
    for (path, kind) in files {
      try writer.begin(ArchiveEntry(Array(path.utf8), kind, mode: 0o750, user: 33, group: 33, time: 7))
      if case .file(let size) = kind {
        try [UInt8](repeating: 0x41, count: size).withUnsafeBytes { try writer.write($0) }
      }
    }
    try writer.close()
    return String(decoding: bytes + [UInt8](repeating: 0, count: 1024), as: UTF8.self)
  }

  private static let files: [(String, ArchiveEntry.Kind)] = [
    ("volume0", .directory), ("volume0/a", .file(size: 3)), ("volume0/b", .hardLink(target: Array("volume0/a".utf8))),
  ]

  private static func reading(_ tar: String) -> [ScriptedRunner.Step] {
    [
      containers(), containers(),
      .run("docker create …", output: "h1\n") { invocation in
        let words = invocation.arguments.joined(separator: " ")
        #expect(words.contains("--network=none") && words.contains("--volume acme_app-uploads:/volume0:ro"))
        #expect(words.contains("--entrypoint=/bin/sh acme/app:1"))
      },
      .run("docker cp h1:/volume0 -", output: tar), .run("docker rm --force --volumes h1"),
    ]
  }

  private func backup(_ root: URL, _ runner: ScriptedRunner, _ names: [String] = []) async throws -> (String, [UInt8]) {
    let workspace = try EngineWorkspace(root, runner, rest: Self.rest)
    let path = try await EnvironmentBackup(
      plan: workspace.plan, environment: LocalEnvironment("acme", root: FilePath(root.path), workspace.context),
      names: names, output: nil, isForced: false
    ).run()
    runner.finish()
    #expect(path.string == root.appending(path: "dist/acme/backup.tar").path)
    let mode = try FileManager.default.attributesOfItem(atPath: path.string)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    return (workspace.recorded.error, try RegularFile.read(path, limit: .max))
  }

  @Test func aDumpAndAVolumeAreOneFileThatCanBeChecked() async throws {
    try await withFolder { root in
      let runner = ScriptedRunner(
        [Self.version] + Self.objects(root) + [
          Self.containers(), Self.containers(),
          .run("docker exec --user redis c1 /bin/sh -c set -eu; umask 077…", output: "REDIS") { invocation in
            #expect(invocation.arguments.suffix(3) == ["dump", "", ""])
          },
        ] + (try Self.reading(Self.engineTar(Self.files + [("volume0/pipe", .directory)]))))
      let (said, bytes) = try await backup(root, runner)
      #expect(said == "redis: dump, 5 B\napp-uploads: files, 3.6 kB\n")
      let manifest = try BackupFile(FilePath(root.path).appending("dist/acme/backup.tar")).check()
      #expect(
        manifest.customer == "acme" && manifest.parts.map(\.file) == ["dumps/redis.rdb", "volumes/app-uploads.tar"])
      #expect(manifest.parts[0].sha256 == ContentDigest(of: "REDIS").hex && manifest.parts[0].service == "redis")
      #expect(manifest.parts[1].user == 33 && manifest.parts[1].entries == 3)
      #expect(!String(decoding: bytes, as: UTF8.self).contains("volume0"))
    }
  }

  @Test func filesThatChangeMeanwhileAreNoBackup() async throws {
    try await withFolder { root in
      let tar = String(try Self.engineTar(Self.files).prefix(2000))
      let runner = ScriptedRunner([Self.version] + Self.objects(root) + Self.reading(tar))
      let message = await EngineWorkspace.message { _ = try await backup(root, runner, ["app-uploads"]) }
      #expect(message.hasPrefix("error: files of app-uploads changed while they were read [backup.volume]\n"))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "dist/acme").path) == ["up.lock"])
    }
  }

  @Test func onlyARunningServiceHasADump() async throws {
    try await withFolder { root in
      let runner = ScriptedRunner([Self.version] + Self.objects(root) + [Self.containers(redis: "exited")])
      let message = await EngineWorkspace.message { _ = try await backup(root, runner) }
      #expect(
        message == """
          error: redis does not run: only a running service gives its data and takes it [data.down]
            = help: `kiln up acme` starts it

          """)
      let missing = ScriptedRunner([Self.version] + Self.objects(root, volumes: []))
      let other = await EngineWorkspace.message { _ = try await backup(root, missing) }
      #expect(other.hasPrefix("error: the volume app-uploads of acme is not made yet [data.missing]\n"))
    }
  }

  @Test func whatWasStoppedStartsAgainWhateverHappens() async throws {
    try await withFolder { root in
      let reading = try Self.reading(Self.engineTar(Self.files))
      _ = try await backup(root, ScriptedRunner([Self.version] + Self.objects(root) + reading), ["app-uploads"])
      let file = FilePath(root.path).appending("dist/acme/backup.tar")
      func restore(_ runner: ScriptedRunner, isSure: Bool = true) async throws -> String {
        let workspace = try EngineWorkspace(root, runner, rest: Self.rest)
        var state = LocalState()
        state.migrations = ["job": "key"]
        try state.write(to: LocalFolder(FilePath(root.path), "acme"))
        var restore = EnvironmentRestore(
          plan: workspace.plan, environment: try LocalEnvironment("acme", root: FilePath(root.path), workspace.context),
          file: file, names: [], source: nil)
        var question = ""
        do {
          try await restore.run {
            question = $0
            return isSure
          }
        } catch {
          runner.finish()
          #expect(question.hasPrefix("This replaces the files of app-uploads of acme on this machine by those of "))
          throw error
        }
        runner.finish()
        return workspace.recorded.error
      }
      let once =
        "docker ps --filter label=com.docker.compose.project=acme --filter label=com.docker.compose.oneoff=True --format {{.Names}}"
      let busy = ScriptedRunner([Self.version] + Self.objects(root) + [.run(once, output: "acme-app-run-1\n")])
      let refused = await EngineWorkspace.message {
        let workspace = try EngineWorkspace(root, busy, rest: Self.rest)
        var restore = EnvironmentRestore(
          plan: workspace.plan, environment: try LocalEnvironment("acme", root: FilePath(root.path), workspace.context),
          file: file, names: [], source: nil)
        try await restore.run { _ in true }
      }
      busy.finish()
      #expect(refused.hasPrefix("error: acme-app-run-1 of acme still runs [restore.busy]\n"), "\(refused)")

      let begin = [Self.version] + Self.objects(root) + [.run(once)]
      let declined = await EngineWorkspace.message { _ = try await restore(ScriptedRunner(begin), isSure: false) }
      #expect(declined == "error: nothing was changed: the answer was not acme [restore.declined]\n")

      let stopped = begin + [Self.containers(), .run("docker stop c2"), Self.containers()]
      let failing = ScriptedRunner(
        stopped + [
          .run("docker create …", output: "h1\n"),
          .run("docker cp - h1:/volume0", error: "no space left on device\n", code: 1),
          .run("docker run --rm …"), .run("docker rm --force --volumes h1"), .run("docker start c2"),
        ])
      let full = await EngineWorkspace.message { _ = try await restore(failing) }
      #expect(full.hasPrefix("error: docker could not write the volume acme_app-uploads [engine.refusal]\n"))

      let states = #"[{"ID":"c2","Service":"app","State":"running","Health":"healthy","ExitCode":0}]"#
      let said = try await restore(
        ScriptedRunner(
          stopped + [
            .run("docker create …", output: "h1\n") { invocation in
              #expect(invocation.arguments.suffix(3) == ["750", "33:33", "@7"])
            },
            .run("docker cp - h1:/volume0") { invocation in
              // Below a folder of their own, until all are there.
              let text = String(decoding: invocation.input, as: UTF8.self)
              #expect(text.contains("/new/a") && text.contains(VolumeTree.workName))
            }, .run("docker start --attach h1"), .run("docker rm --force --volumes h1"), .run("docker start c2"),
            .run("docker compose --project-name acme ps --all --format json", output: states),
          ]))
      #expect(said == "stopped meanwhile: app\napp-uploads: restored\n")
      #expect(LocalState(readingFrom: LocalFolder(FilePath(root.path), "acme")).migrations.isEmpty)
    }
  }

  @Test func volumesAreListedWithWhatTheyHold() async throws {
    try await withFolder { root in
      let runner = ScriptedRunner(
        Self.objects(root, volumes: ["app-uploads", "old"]) + [
          Self.containers(), .run("docker run --rm …", output: "2 1500\n0 0\n"),
          .run("docker ps --quiet --filter volume=acme_app-uploads", output: "c2\n"),
          .run("docker ps --quiet --filter volume=acme_old"),
        ])
      let workspace = try EngineWorkspace(root, runner, rest: Self.rest)
      let environment = try LocalEnvironment("acme", root: FilePath(root.path), workspace.context)
      let volumes = try await environment.volumes(of: workspace.plan)
      runner.finish()
      #expect(
        volumes.text == """
          redis-data: /data of redis, not made yet
          app-uploads: /var/www/uploads of www-data, 2Gi asked for, 2 files, 1.5 kB, in use
          old: not in the spec, 0 files, 0 B, not in use

          """)
    }
  }
}
