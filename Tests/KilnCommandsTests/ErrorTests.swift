import ArgumentParser
import Foundation
import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import KilnTesting
import SystemPackage
import Testing

@testable import KilnCommands

/// What ends a command, as its user reads it: `=== arguments` is the command line, a word a line, `=== environment` has
/// variables, `=== expected` all of standard error.
struct ErrorTests {
  static let fixtures = DiagnosticFixture.all(
    in: DiagnosticFixture.folder.deletingLastPathComponent().appending(path: "errors"))

  @Test(arguments: fixtures) func saysExactly(_ fixture: DiagnosticFixture) async throws {
    try await withFolder { folder in
      try fixture.make(in: folder)
      let words = fixture.lines(of: "arguments")
      try FileManager.default.removeItem(at: folder.appending(path: "arguments"))
      var variables: [String: String] = [:]
      for line in fixture.lines(of: "environment") {
        let name = line.prefix { $0 != "=" }
        variables[String(name)] = String(line.dropFirst(name.count + 1))
      }
      let context = TestContext(folder, environment: variables)
      let command = try #require(try KilnCommand.parseAsRoot(words) as? any KilnSubcommand)
      let code = await #expect(throws: ExitCode.self) { try await command.run(in: context) }
      #expect(code == KilnExit.problems)
      let text = context.error.replacing(folder.path, with: "FOLDER")
      if ProcessInfo.processInfo.environment["GOLDEN"] == "record", text != fixture.expected {
        try fixture.record(text)
      }
      #expect(text == fixture.expected)
      #expect(text.contains(fixture.id))
    }
  }

  @Test func aMisspeltCommandHasItsNearest() throws {
    try withFolder { folder in
      let context = TestContext(folder)
      let error = #expect(throws: (any Error).self) { try KilnCommand.parseAsRoot(["plann"]) }
      let code = KilnCommand.report(try #require(error), as: .init(), on: context.context.console)
      #expect(code.rawValue == 64)
      #expect(context.error.contains("Unexpected argument 'plann'"))
      #expect(context.error.hasSuffix("  = help: did you mean `kiln plan`?\n"))
    }
  }

  @Test func whatTheMachineRefusesIsNotTheInputsProblem() throws {
    try withFolder { folder in
      let context = TestContext(folder)
      struct Failure: Error, CustomStringConvertible { let description = "no idea" }
      for (error, code, text) in [
        (
          FileSystemError("write", "/x", .noSpace), KilnExit.machine,
          "cannot write /x: No space left on device [machine.file]"
        ),
        (
          RegularFile.Failure(path: "/x", reason: .refused(.permissionDenied)), KilnExit.machine,
          "cannot read /x: Permission denied [machine.file]"
        ),
        (
          RegularFile.Failure(path: "/x", reason: .otherKind("a FIFO")), KilnExit.problems,
          "cannot read /x: it is a FIFO, not a regular file [input.file]"
        ),
        (
          FileSystemError("write through the symbolic link", "/x", .tooManySymbolicLinkLevels), KilnExit.problems,
          "cannot write through the symbolic link /x: Too many levels of symbolic links [input.file]"
        ),
        (
          FileSystemError("make the folder", "/x", .notDirectory), KilnExit.problems,
          "cannot make the folder /x: Not a directory [input.file]"
        ),
        (Failure(), KilnExit.machine, "no idea [machine.failure]"),
        (
          CommandError("bake.interrupted", "interrupted", kind: .interrupted), KilnExit.interrupted,
          "interrupted [bake.interrupted]"
        ),
      ] as [(any Error, ExitCode, String)] {
        context.clear()
        #expect(KilnCommand.report(error, as: .init(), on: context.context.console) == code)
        #expect(context.error == "error: \(text)\n")
      }
    }
  }

  /// A CI system gets the hints of the whole with the last problem; JSON is one document.
  @Test func everyFormatHasTheWholeMessage() throws {
    let error = CommandError(
      [
        Diagnostic(
          "up.unhealthy", "app is not well", details: ["line 1", "::error::line 2"], suggestion: "more memory"),
        Diagnostic("up.unhealthy", "web is not well"),
      ], kind: .problem, hints: ["`kiln logs acme` has the rest"])
    func text(_ form: ErrorReport) throws -> (String, String) {
      try withFolder { folder in
        let context = TestContext(folder)
        context.context.console.report(error, as: form)
        return (context.output, context.error)
      }
    }
    #expect(
      try text(.init()).1
        == """
        error: app is not well [up.unhealthy]
          line 1
          ::error::line 2
          = help: more memory
        error: web is not well [up.unhealthy]
          = help: `kiln logs acme` has the rest

        """.replacing("  ::error", with: "  ·::error"))
    #expect(
      try text(.init(format: .github)).1 == """
        ::error title=up.unhealthy::app is not well (more memory)%0Aline 1%0A·::error::line 2
        ::error title=up.unhealthy::web is not well (`kiln logs acme` has the rest)

        """)
    let json = try text(.init(format: .json, isResult: true)).0
    let document = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    let items = try #require(document["diagnostics"] as? [[String: Any]])
    #expect(items.first?["details"] as? [String] == ["line 1", "::error::line 2"])
    #expect(items.last?["suggestion"] as? String == "`kiln logs acme` has the rest")
  }
}
