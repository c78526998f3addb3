import ArgumentParser
import Foundation
import KilnConsole
import KilnDiagnostics
import KilnSpec
import KilnTesting
import KilnWorkspace
import SystemPackage
import Testing

@testable import KilnCommands

struct DiagnosticTests {
  @Test(arguments: DiagnosticFixture.all) func saysExactly(_ fixture: DiagnosticFixture) throws {
    try withFolder { folder in
      try fixture.make(in: folder)
      let loaded = try TestContext(folder).context.load(WorkspaceOptions.parse([]), customers: [])
      let sources = loaded.workspace.excerpts
      let text = DiagnosticRenderer(sources: { sources[$0] }).render(loaded.problems)
      if ProcessInfo.processInfo.environment["GOLDEN"] == "record", text != fixture.expected {
        try fixture.record(text)
      }
      #expect(text == fixture.expected)
      #expect(loaded.problems.contains { $0.id == fixture.id })
    }
  }

  /// Every id in the sources that read specs has a fixture of its name.
  @Test func everyIdHasAFixture() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources").standardized
    let files = try #require(FileManager.default.enumerator(atPath: sources.path)).compactMap { $0 as? String }
    var ids: Set<String> = []
    // Deployments name fields of Kubernetes, as in `spec.template`.
    for file in files where file.hasSuffix(".swift") && !file.hasPrefix("KilnDeploy/") {
      let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
      for match in text.matches(of: /"((?:spec|catalog|name)\.[a-z0-9-]+)"/) { ids.insert(String(match.1)) }
    }
    #expect(ids.count > 40)
    #expect(ids.subtracting(DiagnosticFixture.all.map(\.id)).sorted() == [])
  }
}

extension KilnSubcommand {
  /// Runs as the process would: what ends the command is reported.
  /// - Throws: The exit code.
  func run(in context: TestContext) async throws {
    do { try await run(in: context.context) } catch { throw context.report(error, of: self) }
  }
}

extension SynchronousCommand {
  func run(in context: TestContext) throws {
    do { try run(in: context.context) } catch { throw context.report(error, of: self) }
  }
}

typealias TestContext = RecordedContext

extension RecordedContext {
  func report(_ error: any Error, of command: any KilnSubcommand) -> ExitCode {
    KilnCommand.report(error, as: command.errorReport, on: context.console)
  }
}
