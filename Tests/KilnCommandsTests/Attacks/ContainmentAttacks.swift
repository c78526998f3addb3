import ArgumentParser
import Foundation
import KilnConsole
import KilnTesting
import Testing

@testable import KilnCommands

extension Attacks {
  /// Links and special files in what a repository brings along.
  @Suite struct Containment {
    private static let spec = """
      version: 1
      customer: acme
      runtime: {base: debian-12}
      app: {source: ../apps/site}

      """

    /// A repository with a workspace, and beside it a folder with a secret.
    private func withRepository(
      _ files: [String: String] = [:], links: [String: String] = [:], settings: String = "version: 1\n",
      _ body: (TestContext, URL) throws -> Void
    ) throws {
      try withFolder { outer in
        let root = outer.appending(path: "shop")
        var all = ["kiln.yaml": settings, "environments/acme.yaml": Self.spec, "apps/site/index.php": "<?php\n"]
        for path in links.keys where all[path] != nil || path == "apps/site" {
          all = all.filter { $0.key != path && !$0.key.hasPrefix(path + "/") }
        }
        all.merge(files) { $1 }
        all[".git/HEAD"] = "ref: refs/heads/main\n"
        for (path, text) in all { try Self.write(text, to: root.appending(path: path)) }
        try Self.write("TOP SECRET: [\n", to: outer.appending(path: "outside/key"))
        for (path, target) in links {
          let url = root.appending(path: path)
          try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
          try FileManager.default.createSymbolicLink(atPath: url.path, withDestinationPath: target)
        }
        try body(TestContext(root), root)
      }
    }

    private static func write(_ text: String, to url: URL) throws {
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: url, atomically: false, encoding: .utf8)
    }

    /// Each of these put a file of the reader's into an image, or its first line into a message.
    @Test(arguments: [
      ("apps/site", "../../outside"), ("environments/other.yaml", "../../outside/key"),
      ("profiles/other.yaml", "../../outside/key"), ("components/other.yaml", "../../outside/key"),
      ("components/files/other", "../../../outside/key"), ("apps/site/.dockerignore", "../../../outside/key"),
      ("kiln.yaml", "../outside/key"),
    ]) func whatALinkLeadsToOutsideIsRefused(_ path: String, _ target: String) throws {
      try withRepository(links: [path: target]) { context, root in
        #expect(throws: KilnExit.problems) { try PackCommand.parse([]).run(in: context) }
        #expect(context.error.contains("outside the workspace's Git repository"), "\(context.error)")
        #expect(!context.error.contains("SECRET"))
        #expect(!FileManager.default.fileExists(atPath: root.appending(path: "dist/acme/apps/app.tar").path))
      }
    }

    @Test func aCopiedFileIsNotReachedThroughALinkedFolder() throws {
      let component = "summary: One\nsteps: [{file: {path: /etc/one, source: lnk/key}}]\n"
      let spec = Self.spec.replacing("{base: debian-12}", with: "{base: debian-12, components: {one: {}}}")
      try withRepository(
        ["components/one.yaml": component, "environments/acme.yaml": spec], links: ["components/lnk": "../../outside"]
      ) { context, _ in
        #expect(throws: KilnExit.problems) { try CheckCommand.parse([]).run(in: context) }
        #expect(context.error.contains("components/one.yaml:2:") && context.error.contains("[spec.path-outside]"))
      }
    }

    @Test func whatIsAllowedIsTaken() throws {
      let settings = "version: 1\nallow: [../outside]\n"
      try withRepository(links: ["apps/site": "../../outside"], settings: settings) { context, _ in
        #expect(throws: Never.self) { try PackCommand.parse([]).run(in: context) }
      }
    }

    /// A folder beside the repository is outside, however it is written.
    @Test func theRepositoryIsTheLimitOfPaths() throws {
      let spec = Self.spec.replacing("../apps/site", with: "../../outside")
      try withRepository(["environments/acme.yaml": spec]) { context, _ in
        #expect(throws: KilnExit.problems) { try CheckCommand.parse([]).run(in: context) }
        #expect(context.error.contains("\"../outside\" is outside the workspace's Git repository"))
      }
    }

    /// Each of these took the checkout's credentials into what is generated, packed or shown.
    @Test(arguments: [
      "source: ../apps/site|source: ../.git", "source: ../apps/site|source: ../apps/site, overlays: [../.git]",
      "source: ../apps/site|source: ../apps/site, overlays: [../.GIT/../.git/hooks]",
      "source: ../apps/site|source: ../apps/site, tokens: {files: [.git/config], values: {A: b}}",
      "source: ../apps/site|source: ../apps/site, tokens: {files: [lib/.GIT/config], values: {A: b}}",
      "app: |machine: {azure: {location: westeurope, capture: {managedImage: {resourceGroup: rg, name: image}}}, "
        + "parameters: {files: [../.git/config], set: {}}}\napp: ",
      "app: |machine: {azure: {location: westeurope, capture: {managedImage: {resourceGroup: rg, name: image}}}, "
        + "parameters: {files: [../p.json], template: ../.git/config, set: {}}}\napp: ",
    ]) func noSpecNamesWhatGitKeeps(_ change: String) throws {
      let parts = change.split(separator: "|").map(String.init)
      try withRepository([
        "environments/acme.yaml": Self.spec.replacing(parts[0], with: parts[1]), "p.json": "{}",
        ".git/config": "TOP SECRET\n", ".git/hooks/one": "TOP SECRET\n",
      ]) { context, root in
        #expect(throws: KilnExit.problems) { try PackCommand.parse([]).run(in: context) }
        let place = /environments\/acme\.yaml:\d+:\d+: error: .*\[spec\.git-folder\]/
        #expect(context.error.contains(place), "\(context.error)")
        #expect(!context.error.contains("SECRET"))
        #expect(throws: KilnExit.problems) { try GenerateCommand.parse([]).run(in: context) }
        #expect(!FileManager.default.fileExists(atPath: root.appending(path: "dist/acme/apps/app.tar").path))
        #expect(!FileManager.default.fileExists(atPath: root.appending(path: "generated").path))
      }
    }

    @Test(arguments: ["../.git/config", "lnk/config", "../.git/none", "../.GIT/config", "../apps/site/.git"])
    func noComponentCopiesWhatGitKeeps(_ source: String) throws {
      let component = "summary: One\nsteps: [{file: {path: /etc/one, source: \(source)}}]\n"
      let spec = Self.spec.replacing("{base: debian-12}", with: "{base: debian-12, components: {one: {}}}")
      try withRepository(
        [
          "components/one.yaml": component, "environments/acme.yaml": spec, ".git/config": "TOP SECRET\n",
          "apps/site/.git": "gitdir: ../../.git/modules/site\n",
        ], links: ["components/lnk": "../.git"]
      ) { context, root in
        #expect(throws: KilnExit.problems) { try GenerateCommand.parse([]).run(in: context) }
        #expect(context.error.contains("components/one.yaml:2:41: error: the file"), "\(context.error)")
        #expect(context.error.contains("[spec.git-folder]"))
        #expect(!FileManager.default.fileExists(atPath: root.appending(path: "generated").path))
      }
    }

    @Test(arguments: [
      ("apps/site", "../.git"), ("environments/other.yaml", "../.git/config"),
      ("profiles/other.yaml", "../.git/config"), ("components/other.yaml", "../.git/config"),
      ("components/files/other", "../../.git/config"), ("apps/site/.dockerignore", "../../.git/config"),
      ("kiln.yaml", ".git/config"),
    ]) func noLinkLeadsToWhatGitKeeps(_ path: String, _ target: String) throws {
      try withRepository([".git/config": "TOP SECRET: [\n"], links: [path: target]) { context, root in
        #expect(throws: KilnExit.problems) { try PackCommand.parse([]).run(in: context) }
        #expect(context.error.contains("in Git's own folder"), "\(context.error)")
        #expect(!context.error.contains("SECRET"))
        #expect(!FileManager.default.fileExists(atPath: root.appending(path: "dist/acme/apps/app.tar").path))
      }
    }

    /// The ignore file is somebody else's as well.
    @Test func aSourceThatHoldsTheRepositoryIsPackedWithoutGits() throws {
      let spec = Self.spec.replacing("../apps/site", with: "..")
      try withRepository([
        "environments/acme.yaml": spec, ".git/config": "TOP SECRET\n", ".dockerignore": "!.git\n!.git/config\n",
        "apps/site/.git": "gitdir: ../../.git/modules/site\n",
      ]) { context, root in
        try PackCommand.parse(["--folders"]).run(in: context)
        #expect(context.error.contains("\".git\" is Git's own and left out"), "\(context.error)")
        let app = root.appending(path: "dist/contexts/acme/apps/app/app")
        let names = try FileManager.default.contentsOfDirectory(atPath: app.path).sorted()
        #expect(names == [".dockerignore", "apps", "environments", "kiln.yaml"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: app.path + "/apps/site") == ["index.php"])
      }
    }

    /// Each of these waited for a writer.
    @Test(
      .timeLimit(.minutes(15)),
      arguments: [
        "apps/site/.dockerignore", "apps/site/Dockerfile", "environments/other.yaml", "components/files/other",
        "components/one.conf", "kiln.yaml",
      ]) func aFIFOIsNotWaitedFor(_ path: String) throws
    {
      let component = "summary: One\nsteps: [{file: {path: /etc/one, source: one.conf}}]\n"
      let spec = Self.spec.replacing("{base: debian-12}", with: "{base: debian-12, components: {one: {}}}")
      try withRepository([
        "components/one.yaml": component, "components/one.conf": "", "environments/acme.yaml": spec,
      ]) { context, root in
        let url = root.appending(path: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        _ = unlink(url.path)
        #expect(mkfifo(url.path, 0o600) == 0)
        #expect(throws: (any Error).self) { try PackCommand.parse([]).run(in: context) }
      }
    }

    /// What is built from the source is not part of it.
    @Test func aWorkspaceInsideTheSourceLeavesItsOwnFoldersOut() throws {
      try withFolder { root in
        let workspace = root.appending(path: "deploy")
        try Self.write("version: 1\n", to: workspace.appending(path: "kiln.yaml"))
        for customer in ["acme", "globex"] {
          try Self.write(
            Self.spec.replacing("acme", with: customer).replacing("../apps/site", with: "../.."),
            to: workspace.appending(path: "environments/\(customer).yaml"))
        }
        try Self.write("<?php\n", to: root.appending(path: "index.php"))
        let context = TestContext(workspace)
        try GenerateCommand.parse(["--quiet"]).run(in: context)
        for arguments in [[], ["--folders"], ["--folders"]] {
          context.clear()
          try PackCommand.parse(arguments).run(in: context)
          let told = context.error.split(separator: "\n").filter { $0.contains("[context.own-folder]") }
          #expect(told.count == 2, "\(context.error)")
        }
        let app = workspace.appending(path: "dist/contexts/acme/apps/app/app")
        let names = try FileManager.default.contentsOfDirectory(atPath: app.path).sorted()
        #expect(names == ["deploy", "index.php"])
        let inner = try FileManager.default.contentsOfDirectory(atPath: app.path + "/deploy").sorted()
        #expect(inner == ["environments", "kiln.yaml"])
      }
    }

    /// Nothing is written where a committed link leads to.
    @Test(arguments: ["dist/acme", "dist/contexts"]) func packsThroughNoLink(_ path: String) throws {
      try withRepository(links: [path: "../../outside"]) { context, root in
        let arguments = path == "dist/acme" ? [] : ["--folders"]
        let error = #expect(throws: (any Error).self) { try PackCommand.parse(arguments).run(in: context) }
        if let error {
          let code = KilnCommand.report(error, as: .init(), on: context.context.console)
          #expect(code == KilnExit.problems && context.error.contains("/\(path): "), "\(context.error)")
        }
        let outside = root.deletingLastPathComponent().appending(path: "outside")
        let names = try FileManager.default.contentsOfDirectory(atPath: outside.path)
        #expect(names == ["key"])
      }
    }

    /// Bake reads folders that nothing changes: those of the digests that it tags.
    @Test func bakeIsGivenFoldersByDigest() throws {
      try withRepository { context, root in
        try PackCommand.parse(["--folders"]).run(in: context)
        let text = try String(contentsOf: root.appending(path: "dist/docker-bake.json"), encoding: .utf8)
        let context = try #require(
          text.firstMatch(of: /"(dist\/contexts\/acme\/apps\/app\.staged\/([0-9a-f]{64})\/app)"/))
        #expect(text.contains(":\(context.2.prefix(40))\""))
        #expect(text.contains(/dist\/contexts\/runtimes\/debian-12-[0-9a-f]+\.staged\//))
        #expect(FileManager.default.fileExists(atPath: root.appending(path: "\(context.1)/Dockerfile").path))
      }
    }
  }
}
