import ArgumentParser
import Foundation
import KilnTesting
import Testing

@testable import KilnCommands

struct GenerateTests {
  /// A new workspace as `kiln init` makes it.
  private func withWorkspace(_ body: (URL, TestContext) throws -> Void) throws {
    try withFolder { folder in
      let context = TestContext(folder)
      try InitCommand.parse([]).run(in: context)
      try body(folder, context)
    }
  }

  private func generate(_ context: TestContext, _ arguments: String...) throws {
    try GenerateCommand.parse(arguments).run(in: context)
  }

  private func edit(_ file: URL, _ old: String, _ new: String) throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    try #require(text.contains(old))
    try text.replacing(old, with: new).write(to: file, atomically: true, encoding: .utf8)
  }

  @Test func aNewWorkspaceIsUpToDateOnceGenerated() throws {
    try withWorkspace { _, context in
      try CheckCommand.parse([]).run(in: context)
      try generate(context)
      try generate(context, "--check")
    }
  }

  /// Nothing has to be added to what Kiln ships: no password, no other service.
  @Test(arguments: ["lamp", "php-vm"], ["debian-12", "ubuntu-22.04", "ubuntu-24.04"])
  func theShippedProfilesWorkAsTheyAre(_ profile: String, _ base: String) throws {
    try withWorkspace { folder, context in
      try NewCommand.parse(["acme", "--profile", profile]).run(in: context)
      try edit(folder.appending(path: "environments/acme.yaml"), "\napp:", "\nruntime: {base: \(base)}\napp:")
      #expect(throws: Never.self) { try CheckCommand.parse(["acme"]).run(in: context) }
      #expect(context.error.contains("1 environment checked, no errors"), "\(context.error)")
    }
  }

  /// What the documents show and the end-to-end tests judge.
  @Test(arguments: ["examples", "examples/ci", "examples/php-service", "examples/wordpress"])
  func theExamplesAreRight(_ path: String) throws {
    let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: path)
    let context = TestContext(examples)
    #expect(throws: Never.self) { try CheckCommand.parse([]).run(in: context) }
    #expect(context.error.contains("checked, no errors"), "\(context.error)")
  }

  @Test func checkNamesFilesAndReason() throws {
    try withWorkspace { folder, context in
      try generate(context, "--quiet")
      try edit(folder.appending(path: "environments/hello.yaml"), "port: 80", "port: 8080")
      #expect(throws: KilnExit.difference) { try generate(context, "--check") }
      #expect(
        context.error.contains(
          "hello/apps/app/Dockerfile: its spec, a profile or a definition changed (environments/hello.yaml)"))
      #expect(throws: KilnExit.difference) { try generate(context, "--check", "--diff") }
      #expect(context.output.contains("-EXPOSE 80\n+EXPOSE 8080"))
      // A graph for BuildKit would change with every other spec: it is written beside the contexts that it reads.
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "generated").path)
      #expect(Set(names) == ["hello", "index.json", "runtimes"])
    }
  }

  @Test func keepsWhatWasEditedByHand() throws {
    try withWorkspace { folder, context in
      try generate(context)
      let file = folder.appending(path: "generated/hello/apps/app/Dockerfile")
      try edit(file, "EXPOSE 80", "EXPOSE 81")
      #expect(throws: KilnExit.problems) { try generate(context) }
      #expect(context.error.contains("was edited by hand"))
      #expect(try String(contentsOf: file, encoding: .utf8).contains("EXPOSE 81"))
      try generate(context, "--force")
      #expect(try String(contentsOf: file, encoding: .utf8).contains("EXPOSE 80"))
    }
  }

  @Test func removesOrphansAndNothingElse() throws {
    try withWorkspace { folder, context in
      try generate(context)
      let foreign = folder.appending(path: "generated/hello/services/redis/NOTES")
      try "mine".write(to: foreign, atomically: true, encoding: .utf8)
      try edit(
        folder.appending(path: "environments/hello.yaml"), "# services:", "services:\n  redis: null\n#")
      try generate(context)
      #expect(FileManager.default.fileExists(atPath: foreign.path))
      #expect(
        !FileManager.default.fileExists(
          atPath: folder.appending(path: "generated/hello/services/redis/Dockerfile").path))
    }
  }

  /// A folder that was renamed or not checked out removed the files of every customer.
  @Test(arguments: [[], ["--keep-going"], ["--check"], ["--diff"], ["--force"], ["--check", "--keep-going"]])
  func withoutASpecNothingIsRemoved(_ arguments: [String]) throws {
    try withWorkspace { folder, context in
      try NewCommand.parse(["acme"]).run(in: context)
      try generate(context)
      let specs = folder.appending(path: "environments")
      let files = ["hello/apps/app/Dockerfile", "acme/apps/app/Dockerfile", "index.json"]
      for isEmpty in [false, true] {
        try FileManager.default.moveItem(at: specs, to: folder.appending(path: "elsewhere"))
        if isEmpty { try FileManager.default.createDirectory(at: specs, withIntermediateDirectories: true) }
        context.clear()
        #expect(throws: KilnExit.problems) { try GenerateCommand.parse(arguments).run(in: context) }
        #expect(context.error.contains("/environments, and "), "\(context.error)")
        #expect(context.error.contains("has the files of 2 customers [generate.no-specs]"), "\(context.error)")
        #expect(context.error.contains("/generated by hand"))
        #expect(context.output.isEmpty)
        for file in files {
          #expect(FileManager.default.fileExists(atPath: folder.appending(path: "generated/\(file)").path), "\(file)")
        }
        if isEmpty { try FileManager.default.removeItem(at: specs) }
        try FileManager.default.moveItem(at: folder.appending(path: "elsewhere"), to: specs)
      }
      try FileManager.default.removeItem(at: specs)
      try FileManager.default.removeItem(at: folder.appending(path: "generated"))
      try generate(context)
      try generate(context, "--check")
    }
  }

  /// A spec that was renamed or moved is no customer that is gone.
  @Test(arguments: [
    "acme.YAML", "eu/acme.yaml", ".acme.yaml", "Acme.yaml.bak", "eu/.drafts/other.yml", "acme.yaml~", "#acme.yaml#",
    "x.txt", "renamed", "sub/x.txt",
  ])
  func aMovedSpecRemovesNothing(_ name: String) throws {
    try withWorkspace { folder, context in
      try NewCommand.parse(["acme"]).run(in: context)
      try generate(context)
      let file = folder.appending(path: "generated/acme/apps/app/Dockerfile")
      let specs = folder.appending(path: "environments")
      let place = specs.appending(path: name)
      try FileManager.default.createDirectory(
        at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.moveItem(at: specs.appending(path: "acme.yaml"), to: place)
      for arguments in [[], ["--check"], ["--diff"], ["--keep-going"]] {
        context.clear()
        #expect(throws: KilnExit.problems) { try GenerateCommand.parse(arguments).run(in: context) }
        #expect(
          context.error.hasSuffix(
            """
            error: environments/acme.yaml is gone, and environments/\(name) looks like it: the files of acme would be removed [generate.moved-spec]
              = help: name it environments/acme.yaml again, or remove it where the customer is gone
              = help: nothing was written; `--force` removes what these customers have

            """), "\(context.error)")
        #expect(FileManager.default.fileExists(atPath: file.path))
      }
      try generate(context, "hello")
      #expect(FileManager.default.fileExists(atPath: file.path))
      try generate(context, "--force")
      #expect(!FileManager.default.fileExists(atPath: file.path))
    }
  }

  /// What is no spec of the customer keeps nothing.
  @Test func aSpecThatIsGoneTakesItsFilesAlong() throws {
    try withWorkspace { folder, context in
      try NewCommand.parse(["acme"]).run(in: context)
      try generate(context)
      let specs = folder.appending(path: "environments")
      try FileManager.default.removeItem(at: specs.appending(path: "acme.yaml"))
      for (name, text) in [
        ("acme.txt", "notes of acme\n"), ("acme-old.YAML", "customer: acme-old\n"),
        ("hello.yaml.bak", "customer: hello\n"),
        ("notes.YAML", "customers: [acme]\n"), ("acme", "a customer that was once called acme\n"),
      ] {
        try text.write(to: specs.appending(path: name), atomically: true, encoding: .utf8)
      }
      try generate(context)
      let file = folder.appending(path: "generated/acme/apps/app/Dockerfile")
      #expect(!FileManager.default.fileExists(atPath: file.path))
    }
  }

  @Test func generatesOneCustomerWithoutTouchingOthers() throws {
    try withWorkspace { folder, context in
      try NewCommand.parse(["acme"]).run(in: context)
      try generate(context)
      try edit(folder.appending(path: "environments/acme.yaml"), "port: 80", "port: 81")
      try edit(folder.appending(path: "environments/hello.yaml"), "port: 80", "port: 82")
      try generate(context, "acme")
      #expect(
        try String(contentsOf: folder.appending(path: "generated/acme/apps/app/Dockerfile"), encoding: .utf8).contains(
          "EXPOSE 81"))
      #expect(
        try String(contentsOf: folder.appending(path: "generated/hello/apps/app/Dockerfile"), encoding: .utf8).contains(
          "EXPOSE 80"))
      #expect(throws: KilnExit.difference) { try generate(context, "--check") }
    }
  }

  @Test func writesNothingWhileASpecIsWrong() throws {
    try withWorkspace { folder, context in
      try edit(folder.appending(path: "environments/hello.yaml"), "port: 80", "port: eighty")
      #expect(throws: KilnExit.problems) { try generate(context) }
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "generated").path))
    }
  }

  @Test func equalRuntimesAreOneFolder() throws {
    try withWorkspace { folder, context in
      try NewCommand.parse(["acme"]).run(in: context)
      try NewCommand.parse(["globex"]).run(in: context)
      // The same in another order, said in full and from another file.
      try edit(
        folder.appending(path: "environments/globex.yaml"), "# runtime:",
        "runtime:\n  components: {composer: {}, php: {version: \"8.2\"}}\n#")
      try generate(context)
      let runtimes = try FileManager.default.contentsOfDirectory(
        atPath: folder.appending(path: "generated/runtimes").path)
      #expect(runtimes.count == 1)
    }
  }

  @Test func aForeignIndexIsRefused() throws {
    try withWorkspace { folder, context in
      try generate(context)
      try "{}".write(to: folder.appending(path: "generated/index.json"), atomically: true, encoding: .utf8)
      #expect(throws: KilnExit.problems) { try generate(context) }
      #expect(context.error.contains("index.json cannot be used"))
    }
  }
}
