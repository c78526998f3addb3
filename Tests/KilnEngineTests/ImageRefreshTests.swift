import Foundation
import KilnConsole
import KilnDiagnostics
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnTesting
import KilnWorkspace
import SystemPackage
import Testing

@testable import KilnEngine

/// `kiln build --refresh`: which images are made again, under which tags, and which are used from then on.
struct ImageRefreshTests {
  private static let inspect = "docker image inspect --format {{.Id}}"
  private static let absent = "Error response from daemon: No such image: x"
  /// 2026-11-26, ten o'clock.
  private static let day = 1_795_687_200 * 1_000_000_000

  private static func built(
    _ id: String, _ image: String, _ check: @escaping @Sendable (Invocation, String) throws -> Void
  ) -> [ScriptedRunner.Step] {
    [
      .run("docker build --iidfile …") { invocation in
        let folder = try #require(invocation.arguments.last)
        try check(invocation, try String(contentsOfFile: "\(folder)/Dockerfile", encoding: .utf8))
        try "\(id)\n".write(toFile: invocation.arguments[2], atomically: true, encoding: .utf8)
      }, .run("docker tag \(id) \(image)…"), .run("\(inspect) \(image)…", output: "\(id)\n"),
    ]
  }

  @Test func aRefreshedImageHasATagOfItsOwnWhichIsUsedFromThenOn() async throws {
    try await withFolder { root in
      let runtime = try EngineWorkspace(root, ScriptedRunner([])).runtimeImage
      let refreshed = "\(runtime)-r20261126"
      let runner = ScriptedRunner(
        [.run("\(Self.inspect) \(refreshed)", error: Self.absent, code: 1)]
          + Self.built("sha256:aaa", refreshed) { invocation, dockerfile in
            #expect(invocation.arguments.contains("--pull"))
            #expect(
              invocation.arguments.contains(
                "org.opencontainers.image.version=\(refreshed.split(separator: ":").last ?? "")"))
            #expect(dockerfile.contains("\nARG KILN_REFRESHED=\"20261126\"\n"))
          } + [.run("\(Self.inspect) acme/app:…", error: Self.absent, code: 1)]
          + Self.built("sha256:bbb", "acme/app:") { invocation, dockerfile in
            #expect(!invocation.arguments.contains("--pull"))
            #expect(dockerfile.contains("FROM \(refreshed)\n"))
          } + [.run("\(Self.inspect) \(refreshed).2", error: Self.absent, code: 1)])
      let workspace = try EngineWorkspace(root, runner)
      let engine = ContainerEngine(.docker, runner)
      let refresh = try await ImageRefresh(of: workspace.loaded, named: [], engine: engine, now: Self.day)
      let workers = Workers(count: 1)
      let loaded = try workspace.context.load(
        workspace: nil, customers: [], workers: workers, refreshes: refresh.refreshes)
      var build = EnvironmentBuild(
        engine: engine, root: FilePath(root.path), time: 0, isPushing: false, isForced: false, isQuiet: false,
        context: workspace.context)
      build.remade = refresh.images(in: loaded)
      #expect(build.remade == [refreshed])
      let images = try await WorkspaceBuild(loaded, named: [], build).run()
      #expect(images.map(\.reason).first == "--refresh" && images.first?.image == refreshed)
      // What fails leaves what is used as it was: the file comes last.
      let lock = root.appending(path: "kiln.lock")
      #expect(!FileManager.default.fileExists(atPath: lock.path))
      try refresh.write(loaded, workspace.context)
      let text = try String(contentsOf: lock, encoding: .utf8)
      #expect(text.contains("\(runtime)\": \"20261126\"") || text.contains("\(runtime): \"20261126\""), "\(text)")
      // Another machine that has the file, and a second refresh on the same day.
      let next = try workspace.context.load(workspace: nil, customers: [], workers: workers)
      #expect(next.problems.isEmpty && next.plans.map { $0.image(of: $0.runtime).description } == [refreshed])
      let second = try await ImageRefresh(of: next, named: [], engine: engine, now: Self.day)
      #expect(second.refreshes.marks.values.sorted() == ["20261126.2"])
      runner.finish()
    }
  }

  @Test func aRecipeThatChangedIsNotRefreshed() throws {
    try withFolder { root in
      let workspace = try EngineWorkspace(root, ScriptedRunner([]))
      let plan = workspace.plan
      let marks = plan.marked(.init(), as: "20261126") { $0.name == "runtime" }
      let refreshed = plan.with(marks)
      #expect(refreshed.image(of: refreshed.runtime).description == "\(plan.image(of: plan.runtime))-r20261126")
      // The app stands on it, and what runs is known to be another version.
      #expect(refreshed.apps.map { refreshed.digest(of: $0) } != plan.apps.map { plan.digest(of: $0) })
      #expect(marks.marks.keys.sorted() == ["kiln/runtime:\(plan.runtime.id)"])
    }
  }

  @Test func aLockThatIsNoneIsReported() throws {
    try withFolder { root in
      _ = try EngineWorkspace(root, ScriptedRunner([]))
      try write(["kiln.lock": "version: 1\nrefreshed: {kiln/runtime:x: yesterday}\n"], in: root)
      let recorded = RecordedContext(root, processes: ScriptedRunner([]))
      let loaded = try recorded.context.load(workspace: nil, customers: [], workers: Workers(count: 1))
      #expect(loaded.problems.map { $0.location?.file } == ["kiln.lock"])
      #expect(loaded.concernsEveryCustomer)
    }
  }
}
