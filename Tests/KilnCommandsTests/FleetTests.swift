import ArgumentParser
import Foundation
import KilnProcesses
import KilnTesting
import Testing

@testable import KilnCommands

/// Commands over several customers.
struct FleetTests {
  /// Three customers on two runtimes, and an earlier version of them beside.
  private func withFleet(_ body: (URL, TestContext) async throws -> Void) async throws {
    try await withFolder { folder in
      let root = folder.appending(path: "now")
      try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
      let context = TestContext(root)
      try await InitCommand.parse([]).run(in: context)
      try FileManager.default.removeItem(at: root.appending(path: "environments/hello.yaml"))
      try write(
        root, "profiles/web.yaml",
        """
        version: 1
        runtime:
          base: debian-12
          components: {apache: {}, php: {extensions: [mysql]}}
        app: {source: ../apps/hello, port: 80}
        services: {redis: {from: packages}}
        """)
      for name in ["acme", "globex"] {
        try write(root, "environments/\(name).yaml", "version: 1\ncustomer: \(name)\nprofile: web\n")
      }
      try write(
        root, "environments/initech.yaml",
        "version: 1\ncustomer: initech\nprofile: web\nruntime: {components: {php: {extensions: [mysql, redis]}}}\n")
      try FileManager.default.copyItem(at: root, to: folder.appending(path: "before"))
      try await body(root, context)
    }
  }

  private func write(_ root: URL, _ name: String, _ text: String) throws {
    let file = root.appending(path: name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: file, atomically: true, encoding: .utf8)
  }

  private func plan(_ context: TestContext, _ arguments: String...) async throws -> String {
    context.clear()
    try await PlanCommand.parse(arguments).run(in: context)
    return context.output
  }

  @Test func theFleetIsToldByItsRuntimes() async throws {
    try await withFleet { _, context in
      let text = try await plan(context, "--fleet")
      #expect(text.hasPrefix("2 runtimes for 3 customers\n"))
      #expect(text.contains("2 customers: acme, globex"))
      #expect(text.contains("differ only by php extensions +redis; one runtime fewer for 1 app"))
      let dot = try await plan(context, "--fleet", "--format", "dot")
      #expect(dot.contains("-> \"app initech\""))
    }
  }

  @Test func runtimesThatDifferInOneThingAreNearlyTheSame() async throws {
    try await withFleet { root, context in
      let others = [
        "order": "components: {php: {extensions: [redis, mysql]}}", "more": "components: {git: {}}",
        "variable": "environment: {TZ: Europe/Amsterdam}", "zone": "environment: {TZ: Europe/Paris}",
        "two": "{components: {git: {}}, environment: {TZ: Europe/Rome}}",
        "unlike": "{components: {php: {extensions: [gd, intl]}}, environment: {LANG: C.UTF-8}}",
      ]
      for (name, runtime) in others {
        let text = runtime.hasPrefix("{") ? runtime : "{\(runtime)}"
        try write(root, "environments/\(name).yaml", "version: 1\ncustomer: \(name)\nprofile: web\nruntime: \(text)\n")
      }
      let text = try await plan(context, "--fleet")
      let near = text.split(separator: "\n").filter { $0.contains("differ only by") }
        .map { String($0.drop { $0 != "b" }.split(separator: " by ", maxSplits: 1).last ?? "") }
      let expected = [
        // Of two with equally many customers the digests decide which is named first.
        near.contains { $0.hasPrefix("php extensions -redis") } ? "php extensions -redis" : "php extensions +redis",
        "component git, which the second has",
        "TZ Europe/Amsterdam, which the second has", "TZ Europe/Paris, which the second has",
        near.contains { $0.hasPrefix("TZ Europe/Paris/") }
          ? "TZ Europe/Paris/Europe/Amsterdam" : "TZ Europe/Amsterdam/Europe/Paris",
      ]
      #expect(text.hasPrefix("7 runtimes for 9 customers\n"), "the order of extensions makes no other runtime")
      for one in expected { #expect(near.contains { $0.hasPrefix(one) }, "\(one): \(text)") }
      #expect(!near.contains { $0.contains("LANG") || $0.contains("intl") }, "\(text)")
    }
  }

  @Test func aProfilesLineIsTheReasonForAllWhoStandOnIt() async throws {
    try await withFleet { root, context in
      try write(
        root, "profiles/web.yaml",
        """
        version: 1
        runtime:
          base: debian-12
          components: {apache: {}, php: {extensions: [mysql, gd]}}
        app: {source: ../apps/hello, port: 80}
        services: {redis: {from: packages}}
        """)
      let text = try await plan(context, "--since", "../before")
      #expect(text.contains("1 runtime, 2 apps, 0 services and 0 machines would be built"))
      #expect(text.contains("php extensions +gd, profiles/web.yaml:4; 2 customers"))
      #expect(!text.contains("initech"))
      let jobs = try await plan(context, "--since", "../before", "--format", "github-matrix", "--kind", "app,service")
      #expect(jobs.contains("\"acme_app\"") && jobs.contains("\"globex_app\"") && !jobs.contains("runtime_"))
    }
  }

  @Test func anEntryOfAMapIsShownByItsOwnLine() async throws {
    try await withFleet { root, context in
      func profile(_ memory: String) -> String {
        let settings = (0..<9).map { "        setting_\($0): \"a value that takes some room\"\n" }.joined()
        return """
          version: 1
          runtime:
            base: debian-12
            components:
              apache: {}
              php:
                extensions: [mysql]
                ini:
          \(settings)        memory_limit: \(memory)
          app: {source: ../apps/hello, port: 80}

          """
      }
      try write(root.deletingLastPathComponent().appending(path: "before"), "profiles/web.yaml", profile("128M"))
      try write(root, "profiles/web.yaml", profile("256M"))
      let text = try await plan(context, "--since", "../before")
      #expect(text.contains("php ini.memory_limit 128M → 256M, profiles/web.yaml:18; 2 customers"), "\(text)")
    }
  }

  @Test func valuesInJSONHaveTheirTypes() async throws {
    try await withFleet { root, context in
      try write(
        root, "environments/acme.yaml",
        """
        version: 1
        customer: acme
        profile: web
        runtime: {components: {php: {ini: {display_errors: true, precision: 14, memory_limit: 256M}}}}
        app: {environment: {ZIP: "01234"}, limits: {cpus: 0.5}}
        """)
      let json = try await plan(context, "acme", "--format", "json").filter { !$0.isWhitespace }
      func expect(_ path: String, _ value: String) throws {
        let pattern = try Regex("\"path\":\"\(path)\",\"setBy\":\"[^\"]*\",\"value\":\(value)}")
        #expect(json.contains(pattern), "\(path)")
      }
      try expect("app.port", "80")
      try expect("app.limits.cpus", "0.5")
      try expect("app.environment.ZIP", "\"01234\"")
      try expect("runtime.components.php.ini.display_errors", "true")
      let ini = #""value":{"display_errors":true,"memory_limit":"256M","precision":14}}"#
      #expect(json.contains(ini), "of a parameter")
      #expect(try await plan(context, "acme").contains("app.port = 80  (profiles/web.yaml:5:"))
    }
  }

  @Test func whatChangesNothingCostsNothing() async throws {
    try await withFleet { root, context in
      // Another order of keys, a check, a limit, a stage, and a profile by another name.
      try write(
        root, "environments/acme.yaml",
        """
        version: 1
        stages: {qa: {}}
        profile: other
        app: {checks: [{path: /}], limits: {memory: 1Gi}}
        customer: acme
        """)
      let profile = try String(contentsOf: root.appending(path: "profiles/web.yaml"), encoding: .utf8)
      try write(
        root, "profiles/other.yaml",
        profile.replacing("{apache: {}, php", with: "{composer: null, php").replacing("composer: null, ", with: "")
          .replacing("[mysql]}}", with: "[mysql]}, apache: {}}"))
      #expect(try await plan(context, "--since", "../before").contains("nothing would be built"))
    }
  }

  @Test func appsSourcesAndServicesAreReasonsToo() async throws {
    try await withFleet { root, context in
      try write(root, "apps/hello/index.php", "<?php echo 'new';")
      try write(root, ".gitkeep", "")
      try write(
        root, "environments/globex.yaml",
        "version: 1\ncustomer: globex\nprofile: web\nservices: {redis: {settings: {maxmemory: 64mb}}}\n")
      try FileManager.default.removeItem(at: root.appending(path: "environments/initech.yaml"))
      let text = try await plan(context, "--since", "../before")
      #expect(text.contains("app of acme, globex: apps/hello: index.php changed"))
      #expect(
        text.contains("service redis of globex: redis.settings.maxmemory 64mb added, environments/globex.yaml:4"))
      #expect(text.contains("gone: initech"))
    }
  }

  @Test func manyAreReadByAllWorkersToTheSameEnd() async throws {
    try await withFleet { root, context in
      for number in 0..<60 {
        try write(root, "environments/c\(number).yaml", "version: 1\ncustomer: c\(number)\nprofile: web\n")
      }
      var outputs: Set<String> = []
      for jobs in ["1", "2", "8"] { outputs.insert(try await plan(context, "--format", "json", "--jobs", jobs)) }
      #expect(outputs.count == 1)
      // One that is wrong does not hide the others, and nothing is written.
      try write(root, "environments/c7.yaml", "version: 1\ncustomer: c7\nprofile: wbe\n")
      try write(root, "environments/c9.yaml", "version: 1\ncustomer: c9\nprofile: web\napp: {port: eighty}\n")
      #expect(throws: KilnExit.problems) { try GenerateCommand.parse([]).run(in: context) }
      #expect(context.error.contains("environments/c7.yaml:3") && context.error.contains("environments/c9.yaml:4"))
      #expect(!FileManager.default.fileExists(atPath: root.appending(path: "generated").path))
      #expect(throws: KilnExit.problems) { try GenerateCommand.parse(["--keep-going"]).run(in: context) }
      #expect(FileManager.default.fileExists(atPath: root.appending(path: "generated/c8/compose.yaml").path))
      #expect(!FileManager.default.fileExists(atPath: root.appending(path: "generated/c7").path))
    }
  }
}
