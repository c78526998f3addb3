import ArgumentParser
import Foundation
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnPacker
import KilnTesting
import Testing

@testable import KilnCommands

extension Attacks {
  /// Text that would control a terminal or the CI system that reads along.
  @Suite struct ConsoleText {
    static let hostile = "##vso[task.setvariable variable=a]b\n::set-output name=a::b\n\u{1B}[2J\u{9B}2J##[group]c"

    private func isHarmless(_ text: String) -> Bool {
      let lines = text.split(separator: "\n").map { $0.drop(while: \.isWhitespace) }
      return !text.contains("##vso[") && !text.contains("##[") && !text.contains("\u{1B}") && !text.contains("\u{9B}")
        && !lines.contains { $0.hasPrefix("::") }
    }

    @Test func whateverIsTextIsDisarmed() throws {
      try withFolder { folder in
        let context = TestContext(folder)
        let console = context.context.console
        console.output(Self.hostile)
        console.error(Self.hostile)
        console.error(DiagnosticRenderer(color: true).terminal([Diagnostic("a.b", Self.hostile)]))
        console.output(json: ["a": .string(Self.hostile)])
        let relay = console.relay()
        for byte in Self.hostile.utf8 { [byte].withUnsafeBytes { relay.write($0) } }
        relay.finish()
        let colors = ["\u{1B}[1;31m", "\u{1B}[1m", "\u{1B}[0m"]
        let error = colors.reduce(context.error) { $0.replacing($1, with: "") }
        #expect(isHarmless(context.output) && isHarmless(error), "\(context.output) \(error)")
      }
    }

    /// A colour that a text brings along is no colour of ours when none is wanted.
    @Test func onlyTheRenderersColoursAreColours() throws {
      try withFolder { folder in
        let context = TestContext(folder)
        context.context.console.error(DiagnosticRenderer().terminal([Diagnostic("a.b", "\u{1B}[1;31mx\u{1B}[5m")]))
        #expect(context.error == "error: ␛[1;31mx␛[5m [a.b]\n")
      }
    }

    /// Nothing writes to the streams but the console, and `raw` is what machine output alone uses.
    @Test func nothingGoesPastTheConsole() throws {
      let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Sources")
        .standardized
      let files = try #require(FileManager.default.enumerator(atPath: sources.path)).compactMap { $0 as? String }
      let raw: Set = [
        "KilnConsole/Console.swift", "KilnConsole/Console+Report.swift", "KilnRelease/WorkspaceCheck.swift",
        "KilnCommands/Workspace/PipelineCommand.swift", "KilnEngine/Contexts/ContextFolder+Explanation.swift",
        "KilnRelease/PackerLogOutput.swift", "KilnRelease/Parameters/ParameterFiles.swift",
        "KilnWorkspace/GenerateRun.swift",
      ]
      let streams = /\bprint\(|\bfputs\(|FileHandle\.standard|STD(OUT|ERR)_FILENO/
      // A console of its own, an archive that is asked for on standard output, questions about terminals.
      let isAllowed =
        /isatty\(|func print\(|try output\.print\(|self\.print = print|\{ print\(lines\) \}|\{ print\(last\) \}/
      for file in files where file.hasSuffix(".swift") && !file.hasPrefix("catalog-embedder") {
        let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
        for line in text.split(separator: "\n") where file != "KilnConsole/Console.swift" {
          #expect(!line.contains(streams) || line.contains(isAllowed), "\(file): \(line)")
        }
        #expect(!text.contains("console.raw(") || raw.contains(file), "\(file) writes raw")
      }
    }

    @Test func namesOfFilesAndCustomersAreDisarmed() throws {
      try withFolder { folder in
        let context = TestContext(folder)
        try InitCommand.parse([]).run(in: context)
        let app = folder.appending(path: "context")
        try FileManager.default.createDirectory(at: app, withIntermediateDirectories: true)
        for name in ["##vso[task.complete]x", "::set-output name=a::b", "\u{1B}[2J", "a\n::x"] {
          try Data(String(repeating: "x", count: name.count).utf8).write(to: app.appending(path: name))
        }
        try ContextListCommand.parse(["context"]).run(in: context)
        try ContextListCommand.parse(["context", "--format", "json"]).run(in: context)
        for name in ["##vso[task.complete]x", "::x"] {
          try ContextExplainCommand.parse(["context", name]).run(in: context)
        }
        try ContextPackCommand.parse(["context", "-o", "x.tar"]).run(in: context)
        try "##vso[task.x]y: 1\n\u{1B}[2J: 2\n".write(
          to: folder.appending(path: "environments/hello.yaml"), atomically: true, encoding: .utf8)
        for format in ["text", "json", "github", "azure-pipelines"] {
          _ = try? CheckCommand.parse(["--format", format]).run(in: context)
        }
        _ = try? CheckCommand.parse(["##vso[task.x]y"]).run(in: context)
        let ours = /(?m)^(##vso\[task\.logissue |::(error|warning) )/
        #expect(isHarmless((context.output + context.error).replacing(ours, with: "")), "\(context.output)")
        context.clear()
        // For programs every byte is what it is.
        try ContextListCommand.parse(["context", "-0"]).run(in: context)
        #expect(context.output.contains("\u{1B}[2J\0") && context.output.contains("##vso[task.complete]x\0"))
      }
    }
  }

  /// What Packer, or whoever wrote its log, may not do to those who use its artifacts.
  @Suite struct Log {
    static func log(_ artifact: String) -> String {
      "==> Builds finished. The artifacts of successful builds are:\n--> a: \(artifact)\n"
    }

    static let signed = log(
      "Azure.ResourceManagement.VMImage:\n\nStorageAccountLocation: x\nOSDiskUri: https://a.b/c/x.vhd\nOSDiskUriReadOnlySas: https://a.b/c/x.vhd?sig=s3cret"
    )

    private func withLog(
      _ log: String, environment: [String: String] = [:], _ body: (URL, TestContext) throws -> Void
    ) throws {
      try withFolder { folder in
        try log.write(to: folder.appending(path: "packer.log"), atomically: true, encoding: .utf8)
        var environment = environment
        environment["GITHUB_OUTPUT"] = environment["GITHUB_OUTPUT"].map { folder.appending(path: $0).path }
        try body(folder, TestContext(folder, environment: environment))
      }
    }

    private func run(_ context: TestContext, _ arguments: String...) throws {
      try PackerLogCommand.parse(["packer.log"] + arguments).run(in: context)
    }

    /// A value is printed as it is, or not at all.
    @Test(arguments: [
      "made ##vso[task.complete]", "made\n::set-output name=a::b", "made \u{7}", "made \u{9B}2J", "made \u{202E}x",
    ]) func aValueIsNeverAltered(_ text: String) throws {
      try withLog(Self.log(text)) { _, context in
        for format in ["text", "dotenv", "github", "azure-pipelines"] {
          #expect(throws: KilnExit.problems, "\(format)") { try run(context, "--kind", "other", "--format", format) }
        }
        #expect(context.output.isEmpty)
        try run(context, "--kind", "other", "--format", "json")
        let json = try JSONSerialization.jsonObject(with: Data(context.output.utf8)) as? [String: Any]
        #expect(json?["text"] as? String == text)
      }
    }

    @Test func severalLinesGoWhereTheyCan() throws {
      try withLog(Self.log("one\ntwo"), environment: ["GITHUB_OUTPUT": "out"]) { folder, context in
        #expect(throws: KilnExit.problems) { try run(context, "--kind", "other", "--format", "dotenv") }
        try run(context, "--kind", "other")
        #expect(context.output == "one\ntwo\n")
        context.clear()
        try run(context, "--kind", "other", "--format", "github")
        #expect(context.output == (try String(contentsOf: folder.appending(path: "out"), encoding: .utf8)))
        #expect(context.output.contains("\none\ntwo\n"))
      }
    }

    @Test func aSignatureIsMaskedWhereItIsHandedOn() throws {
      try withLog(Self.signed, environment: ["GITHUB_OUTPUT": "out"]) { folder, context in
        try run(context, "--show-secrets", "--format", "azure-pipelines")
        let variable = "vhd_osDiskUriReadOnlySas;isoutput=true;issecret=true]"
        #expect(context.output.contains("\(variable)https://a.b/c/x.vhd?sig=s3cret\n"))
        #expect(context.output.contains("variable=vhd_osDiskUri;isoutput=true]https"))
        context.clear()
        try run(context, "--show-secrets", "--format", "github")
        #expect(context.output.hasPrefix("::add-mask::https://a.b/c/x.vhd?sig=s3cret\n"))
        #expect(try !String(contentsOf: folder.appending(path: "out"), encoding: .utf8).contains("add-mask"))
      }
    }

    @Test(arguments: ["", "a=b\n", "a=b"]) func aVariableBeginsALineOfItsOwn(_ before: String) throws {
      try withLog(Self.log("Imported Docker image: x:1"), environment: ["GITHUB_OUTPUT": "out"]) { folder, context in
        let file = folder.appending(path: "out")
        try before.write(to: file, atomically: true, encoding: .utf8)
        try run(context, "--kind", "docker-image", "--format", "github")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text == (before.isEmpty ? "" : "a=b\n") + "id=x:1\n")
      }
    }

    @Test func whatIsNoArtifactIsReported() throws {
      let cut = Self.signed.replacing("https://a.b/c/x.vhd\n", with: "https://a.b/c/Microsoft.Comp\n")
      try withLog(cut) { _, context in
        #expect(throws: KilnExit.problems) { try run(context, "--kind", "vhd") }
        #expect(context.error.contains(#"found: a: OSDiskUri names no artifact: "https://a.b/c/Microsoft.Comp""#))
      }
    }

    @Test func packersOwnLinesAreShownWithoutSignatures() throws {
      try withFolder { folder in
        let context = TestContext(folder)
        let relay = context.context.console.relay(edit: SASRedaction.redacted)
        Array("==> a: \u{1B}[1mx\r10%\rOSDiskUriReadOnlySas: https://a.b/x.vhd?se=1&sig=s3cret&sp=r".utf8)
          .withUnsafeBytes { relay.write($0) }
        relay.finish()
        #expect(context.error == "OSDiskUriReadOnlySas: https://a.b/x.vhd?se=1&sig=***&sp=r\n")
      }
    }
  }
}
