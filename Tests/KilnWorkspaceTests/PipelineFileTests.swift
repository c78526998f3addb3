import Foundation
import KilnArtifacts
import KilnDiagnostics
import KilnGeneration
import KilnProcesses
import KilnTesting
import Testing

@testable import KilnWorkspace

struct PipelineFileTests {
  private static let spec = """
    version: 1
    customer: acme
    runtime: {base: debian-12}
    app: {source: ../apps/shop}

    """

  /// A workspace in the folder `deploy` of a repository.
  private func withFile(_ body: (URL, RecordedContext, (PipelineSystem) throws -> PipelineFile) throws -> Void) throws {
    try withFolder { folder in
      try write(
        [
          ".git/HEAD": "ref: refs/heads/main\n", "deploy/kiln.yaml": "version: 1\n",
          "deploy/environments/acme.yaml": Self.spec, "deploy/apps/shop/index.php": "shop",
        ], in: folder)
      let context = RecordedContext(folder.appending(path: "deploy"))
      try body(folder, context) { system in
        PipelineFile(
          try context.context.load(workspace: nil, customers: [], workers: Workers(count: 1)), for: system)
      }
    }
  }

  @Test(arguments: PipelineSystem.allCases) func standsWhereTheSystemLooksForIt(_ system: PipelineSystem) throws {
    try withFile { folder, _, file in
      #expect(try file(system).read().state == .absent)
      #expect(try file(system).write(isForced: false) == .absent)
      let path = folder.appending(path: system.path)
      let text = try String(contentsOf: path, encoding: .utf8)
      #expect(text.hasPrefix("\(system.comment) Made by `kiln pipeline \(system.rawValue)`"))
      #expect(text.contains("deploy"))
      #expect(try file(system).read().state == .current)
      #expect(try file(system).write(isForced: false) == .current)
    }
  }

  @Test func whatIsStaleIsWrittenAndWhatWasEditedIsKept() throws {
    try withFile { folder, context, file in
      _ = try file(.github).write(isForced: false)
      let path = folder.appending(path: PipelineSystem.github.path)
      try write(["deploy/kiln.yaml": "version: 1\npipeline: {branch: trunk}\n"], in: folder)
      #expect(try file(.github).read().state == .stale)
      let loaded = try context.context.load(workspace: nil, customers: [], workers: Workers(count: 1))
      #expect(PipelineFile.stale(loaded).map(\.name) == [".github/workflows/kiln.yml"])
      #expect(try file(.github).write(isForced: false) == .stale)
      let text = try String(contentsOf: path, encoding: .utf8)
      #expect(text.contains("- trunk"))

      try text.replacing("- trunk", with: "- mine").write(to: path, atomically: true, encoding: .utf8)
      #expect(try file(.github).read().state == .foreign)
      #expect(PipelineFile.stale(loaded).isEmpty)
      let error = #expect(throws: CommandError.self) { try file(.github).write(isForced: false) }
      #expect(error?.diagnostics.first?.id == "pipeline.edited")
      #expect(try String(contentsOf: path, encoding: .utf8).contains("- mine"))
      #expect(try file(.github).write(isForced: true) == .foreign)
      #expect(try String(contentsOf: path, encoding: .utf8) == text)
    }
  }

  @Test func isNotWrittenThroughALink() throws {
    try withFile { folder, _, file in
      let elsewhere = folder.appending(path: "elsewhere")
      try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        at: folder.appending(path: ".github"), withDestinationURL: elsewhere)
      #expect(throws: (any Error).self) { try file(.github).write(isForced: true) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere.path).isEmpty)
      try "mine".write(to: elsewhere.appending(path: "x"), atomically: true, encoding: .utf8)
      try FileManager.default.createSymbolicLink(
        at: folder.appending(path: "Jenkinsfile"), withDestinationURL: elsewhere.appending(path: "x"))
      #expect(throws: (any Error).self) { try file(.jenkins).write(isForced: true) }
      #expect(try String(contentsOf: elsewhere.appending(path: "x"), encoding: .utf8) == "mine")
    }
  }
}
