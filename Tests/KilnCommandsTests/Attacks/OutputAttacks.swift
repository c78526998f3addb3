import ArgumentParser
import Foundation
import KilnArtifacts
import KilnTesting
import Testing

@testable import KilnCommands

extension Attacks {
  /// What is committed in the output folder, and specs that cannot be read.
  @Suite struct Output {
    /// A workspace with customers hello and acme, generated.
    private func withFleet(_ body: (URL, TestContext) throws -> Void) throws {
      try withFolder { folder in
        let root = folder.appending(path: "workspace")
        let context = TestContext(root)
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        try InitCommand.parse([]).run(in: context)
        try NewCommand.parse(["acme"]).run(in: context)
        try generate(context, "--quiet")
        context.clear()
        try body(root, context)
      }
    }

    private func generate(_ context: TestContext, _ arguments: String...) throws {
      try GenerateCommand.parse(arguments).run(in: context)
    }

    private func files(_ root: URL) throws -> [String] {
      try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: "generated").path).sorted()
    }

    private func write(_ text: String, _ file: URL) throws {
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }

    private func link(_ file: URL, to target: String) throws {
      try? FileManager.default.removeItem(at: file)
      try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: target)
    }

    // MARK: The output folder

    @Test(arguments: ["../../victim", "acme/evil/victim"])
    func anIndexDoesNotReachOutOfTheFolder(path: String) throws {
      try withFleet { root, context in
        let victim = root.deletingLastPathComponent().appending(path: "victim")
        try write("secret", victim)
        try link(root.appending(path: "generated/acme/evil"), to: "../../..")
        let index = root.appending(path: "generated/index.json")
        let good = try String(contentsOf: index, encoding: .utf8)
        for digest in [ContentDigest(of: "secret").hex, ContentDigest(of: "other").hex] {
          var lines = good.components(separatedBy: "\n")
          lines[2] =
            lines[2].dropLast()
            + ", \"\(path)\": {\"executable\": false, \"sha256\": \"\(digest)\", \"source\": \"x\"},"
          try write(lines.joined(separator: "\n"), index)
          for arguments in [[], ["--force"], ["--check", "--diff"], ["--keep-going"]] {
            #expect(throws: KilnExit.problems) { try GenerateCommand.parse(arguments).run(in: context) }
          }
          #expect(try String(contentsOf: victim, encoding: .utf8) == "secret")
          #expect(!context.output.contains("secret") && !context.error.contains("removed"))
          #expect(context.error.contains("cannot be used") || context.error.contains("[generate.obstacle]"))
        }
      }
    }

    @Test(arguments: ["acme", "acme/apps", "runtimes", ".kiln-journal", ".kiln-new", "index.json"])
    func linksInTheFolderAreRefusedByName(place: String) throws {
      try withFleet { root, context in
        let outside = root.deletingLastPathComponent().appending(path: "outside")
        try write("keep", outside.appending(path: "keep"))
        let target = place.hasSuffix("l") || place.hasSuffix("n") ? outside.appending(path: "keep").path : outside.path
        try link(root.appending(path: "generated/\(place)"), to: target)
        for arguments in [[], ["--force"], ["--check", "--diff"]] {
          context.clear()
          #expect(throws: KilnExit.problems) { try GenerateCommand.parse(arguments).run(in: context) }
          #expect(context.error.contains("generated/\(place) is a symbolic link"), "\(context.error)")
          #expect(context.error.contains("remove it and generate again"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path) == ["keep"])
        #expect(try String(contentsOf: outside.appending(path: "keep"), encoding: .utf8) == "keep")
      }
    }

    @Test func theFolderItselfIsNoLinkInTheWorkspace() throws {
      try withFleet { root, context in
        let outside = root.deletingLastPathComponent().appending(path: "outside")
        try FileManager.default.createDirectory(at: outside, withIntermediateDirectories: true)
        try link(root.appending(path: "generated"), to: outside.path)
        #expect(throws: KilnExit.problems) { try generate(context) }
        #expect(throws: KilnExit.problems) { try generate(context, "--check") }
        #expect(context.error.contains("generated is a symbolic link"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path).isEmpty)
        // Who runs Kiln may name it.
        try generate(context, "--output", "generated")
        #expect(FileManager.default.fileExists(atPath: outside.appending(path: "index.json").path))
      }
    }

    @Test func aForeignJournalIsRefused() throws {
      try withFleet { root, context in
        try write("\(ContentDigest(of: "x").hex) ../../victim\n", root.appending(path: "generated/.kiln-journal"))
        #expect(throws: KilnExit.problems) { try generate(context) }
        #expect(context.error.contains("generated/.kiln-journal cannot be used"))
      }
    }

    @Test func theRecordIsNotWrittenThroughALink() throws {
      try withFleet { root, context in
        let outside = root.deletingLastPathComponent().appending(path: "outside")
        try FileManager.default.createDirectory(at: outside, withIntermediateDirectories: true)
        try link(root.appending(path: "dist"), to: outside.path)
        try generate(context)
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path).isEmpty)
      }
    }

    /// A run was killed; the spec was taken back; a file of the killed run is left.
    @Test func checkReportsWhatAKilledRunLeft() throws {
      try withFleet { root, context in
        try write("stray", root.appending(path: "generated/acme/stray"))
        try write("\(ContentDigest(of: "stray").hex) acme/stray\n", root.appending(path: "generated/.kiln-journal"))
        #expect(throws: KilnExit.difference) { try generate(context, "--check") }
        #expect(context.error.contains("acme/stray: is no longer generated"), "\(context.error)")
        try generate(context)
        #expect(!FileManager.default.fileExists(atPath: root.appending(path: "generated/acme/stray").path))
        try generate(context, "--check")
      }
    }

    // MARK: What cannot be read

    enum Damage: String, CaseIterable {
      case notUTF8, nul, tooLarge, danglingLink, directory, loop, duplicate, syntax, missingSource, renamed

      func apply(to file: URL) throws {
        let files = FileManager.default
        let text = try String(contentsOf: file, encoding: .utf8)
        switch self {
        case .duplicate: try files.copyItem(at: file, to: file.deletingLastPathComponent().appending(path: "zz.yaml"))
        case .notUTF8: try Data([0x23, 0xFF, 0x0A]).write(to: file)
        case .nul: try Data("\(text)# \0\n".utf8).write(to: file)
        case .tooLarge: try Data("\(text)# \(String(repeating: "x", count: 1 << 20))\n".utf8).write(to: file)
        case .syntax: try Data("customer: [\n".utf8).write(to: file)
        case .missingSource:
          try Data(text.replacing("app:\n", with: "app:\n  overlays: [../nowhere]\n").utf8).write(to: file)
        case .danglingLink, .loop, .directory, .renamed:
          try files.removeItem(at: file)
          switch self {
          case .danglingLink: try files.createSymbolicLink(atPath: file.path, withDestinationPath: "nowhere")
          case .loop: try files.createSymbolicLink(atPath: file.path, withDestinationPath: file.lastPathComponent)
          case .directory: try files.createDirectory(at: file, withIntermediateDirectories: false)
          default:
            // Which customer it was about is not known any more.
            try Data([0xFF]).write(to: file.deletingLastPathComponent().appending(path: "other.yaml"))
          }
        }
      }
    }

    @Test(arguments: Damage.allCases)
    func aSpecThatCannotBeReadLosesNothing(damage: Damage) throws {
      try withFleet { root, context in
        let before = try files(root)
        try damage.apply(to: root.appending(path: "environments/acme.yaml"))
        for arguments in [[], ["--keep-going"], ["--keep-going", "--force"], ["acme"]] {
          context.clear()
          #expect(throws: KilnExit.problems, "\(arguments)") {
            try GenerateCommand.parse(arguments).run(in: context)
          }
          #expect(context.error.contains("error: ") && !context.error.contains("\nremoved "), "\(context.error)")
          #expect(try files(root) == before)
        }
        // What is wrong with one customer alone does not keep another from being generated.
        try? generate(context, "--keep-going", "hello")
        #expect(try files(root) == before)
        #expect(throws: KilnExit.problems) { try CheckCommand.parse([]).run(in: context) }
        // The others are generated.
        let other = root.appending(path: "environments/hello.yaml")
        try write(try String(contentsOf: other, encoding: .utf8).replacing("port: 80", with: "port: 81"), other)
        #expect(throws: KilnExit.problems) { try generate(context, "--keep-going") }
        let dockerfile = root.appending(path: "generated/hello/apps/app/Dockerfile")
        #expect(try String(contentsOf: dockerfile, encoding: .utf8).contains("EXPOSE 81"))
        #expect(Set(try files(root)).isSuperset(of: before))
      }
    }

    @Test(arguments: ["environments", "components", "profiles", "components/files"], ["file", "dangling", "loop"])
    func aFolderThatCannotBeListedStops(folder: String, what: String) throws {
      try withFleet { root, context in
        let before = try files(root)
        let path = root.appending(path: folder)
        try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        try? FileManager.default.removeItem(at: path)
        switch what {
        case "file": try write("", path)
        case "dangling": try link(path, to: "nowhere")
        default: try link(path, to: path.lastPathComponent)
        }
        for arguments in [[], ["--keep-going"], ["--check"], ["hello"]] {
          context.clear()
          #expect(throws: KilnExit.problems) { try GenerateCommand.parse(arguments).run(in: context) }
        }
        #expect(try files(root) == before)
        context.clear()
        #expect(throws: KilnExit.problems) { try CheckCommand.parse([]).run(in: context) }
        #expect(context.error.contains("\(folder): error: the folder cannot be listed"), "\(context.error)")
      }
    }

    /// What a component of the workspace says is not known: the catalog's of the same name is not what was meant.
    @Test func aDefinitionThatCannotBeReadIsNotReplacedByTheCatalogs() throws {
      try withFleet { root, context in
        let before = try files(root)
        try write("", root.appending(path: "components/php.yaml"))
        try Data([0xFF]).write(to: root.appending(path: "components/php.yaml"))
        #expect(throws: KilnExit.problems) { try generate(context, "--keep-going") }
        #expect(context.error.contains("components/php.yaml:1:1: error: the file is not UTF-8"), "\(context.error)")
        #expect(try files(root) == before)
      }
    }

    @Test func errorsInTheSettingsAlwaysStop() throws {
      try withFleet { root, context in
        let before = try String(contentsOf: root.appending(path: "generated/hello/compose.yaml"), encoding: .utf8)
        try write("version: 1\nregistry: r.example.com\nunknown: 1\n", root.appending(path: "kiln.yaml"))
        try link(root.appending(path: "environments/acme.yaml"), to: "nowhere")
        #expect(throws: KilnExit.problems) { try generate(context, "--keep-going") }
        #expect(
          try String(contentsOf: root.appending(path: "generated/hello/compose.yaml"), encoding: .utf8) == before)
      }
    }

    // MARK: Names and places

    @Test(arguments: ["runtimes", "hosts"])
    func aCustomersNameIsFreeInTheOutputFolder(name: String) throws {
      try withFleet { root, context in
        let file = root.appending(path: "environments/acme.yaml")
        try write(
          try String(contentsOf: file, encoding: .utf8).replacing("customer: acme", with: "customer: \(name)"), file)
        #expect(throws: KilnExit.problems) { try CheckCommand.parse([]).run(in: context) }
        #expect(context.error.contains("[spec.reserved-name]"))
        #expect(throws: KilnExit.problems) { try NewCommand.parse([name]).run(in: context) }
      }
    }

    @Test(arguments: [
      ".git", ".GIT/hooks", "x/.git", "environments", "components/files", "profiles/x", "hosts", "dist", ".kiln",
      "./environments/", "x/../environments", ".", "apps", "apps/hello", "apps/hello/public",
    ])
    func theOutputFolderHoldsNothingElse(output: String) throws {
      try withFleet { root, context in
        let settings = root.appending(path: "kiln.yaml")
        try write("version: 1\noutput: \(output)\n", settings)
        for arguments in [[], ["--keep-going"], ["--check"]] {
          context.clear()
          #expect(throws: KilnExit.problems) { try GenerateCommand.parse(arguments).run(in: context) }
          #expect(context.error.contains("kiln.yaml:2:9: error: output"), "\(context.error)")
        }
        try write("version: 1\n", settings)
        #expect(throws: KilnExit.problems) { try generate(context, "--output", output) }
        #expect(context.error.contains("--output \(output)"))
      }
    }

    @Test func aSourceThatHoldsTheWorkspaceMayHoldItsOutput() throws {
      try withFleet { root, context in
        let spec = root.appending(path: "environments/hello.yaml")
        let text = try String(contentsOf: spec, encoding: .utf8)
        try write(text.replacing("source: ../apps/hello", with: "source: .."), spec)
        try generate(context)
      }
    }
  }
}
