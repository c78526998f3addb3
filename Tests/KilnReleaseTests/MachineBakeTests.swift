import Foundation
import KilnConsole
import KilnProcesses
import KilnTesting
import KilnWorkspace
import Testing

@testable import KilnRelease

struct MachineBakeTests {
  /// Packer leaves what its docker builder made without a name.
  @Test func theImageOfAMachineHasANameAndIsSaidHowToRun() async throws {
    try await withFolder { root in
      try write(
        [
          "kiln.yaml": "version: 1\n", "apps/shop/index.php": "shop",
          "environments/acme.yaml": """
          version: 1
          customer: acme
          runtime: {base: debian-12}
          app: {source: ../apps/shop, port: 80}
          machine: {}
          """,
        ], in: root)
      let runner = ScriptedRunner([.run("docker tag sha256:0123 acme/machine:…")])
      let recorded = RecordedContext(root, processes: runner)
      let workers = Workers(count: 1)
      let loaded = try recorded.context.load(workspace: nil, customers: [], workers: workers)
      let bake = MachineBake(
        plan: try loaded.plan(of: "acme"), loaded: loaded, only: [], workers: workers, isQuiet: false,
        context: recorded.context)
      try await bake.name("sha256:0123", "4567")
      runner.finish()
      let image = try #require(runner.calls.first?.arguments.last)
      #expect(
        recorded.error == "acme: docker: `docker run --rm --publish 127.0.0.1::80 \(image)` runs it\n",
        "\(recorded.error)")
    }
  }
}
