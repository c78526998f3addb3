import ArgumentParser
import Foundation
import KilnTesting
import Testing

@testable import KilnCommands

enum ParameterFixture {
  static let folder = DiagnosticFixture.folder.deletingLastPathComponent().appending(path: "parameters")
  static let all = DiagnosticFixture.all(in: folder)
}

struct ParametersCommandTests {
  static let log = """
    Build 'azure-arm' finished after 3 minutes.

    ==> Builds finished. The artifacts of successful builds are:
    --> azure-arm: Azure.ResourceManagement.VMImage:

    OSType: Linux
    StorageAccountLocation: westeurope
    OSDiskUri: https://a.blob.core.windows.net/system/x.vhd
    OSDiskUriReadOnlySas: https://a.blob.core.windows.net/system/x.vhd?se=1&sig=s3cret&sp=r

    """

  private func run(_ folder: URL, _ context: TestContext, _ arguments: [String]) throws {
    try PatchCommand.parse(arguments).run(in: context)
  }

  private func text(_ folder: URL, _ name: String) throws -> String {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  @Test func thePipelineIsOneLine() throws {
    try withFolder { folder in
      try Self.log.write(to: folder.appending(path: "packer.log"), atomically: true, encoding: .utf8)
      try
        #"{"parameters": {"u": {"value": "@@VMUSERNAME@@"}, "i": {"value": "@@IMAGEURI@@"}, "p": {"value": "@@VMPASSWORD@@"}}}"#
        .write(
          to: folder.appending(path: "p.json"), atomically: true, encoding: .utf8)
      let context = TestContext(folder, environment: ["ADMIN_USERNAME": "kim", "ADMIN_PASSWORD": #"p/a&s|s"w\d"#])
      try run(
        folder, context,
        [
          "p.json", "--log", "packer.log", "--token-env", "@@VMUSERNAME@@=ADMIN_USERNAME", "--token-env",
          "@@VMPASSWORD@@=ADMIN_PASSWORD", "--token-artifact", "@@IMAGEURI@@=vhd", "--diff",
        ])
      #expect(
        try text(folder, "p.json")
          == #"{"parameters": {"u": {"value": "kim"}, "i": {"value": "https://a.blob.core.windows.net/system/x.vhd"}, "p": {"value": "p/a&s|s\"w\\d"}}}"#
      )
      #expect(!(context.output + context.error).contains("p/a&s"))
      let mode =
        try FileManager.default.attributesOfItem(atPath: folder.appending(path: "p.json").path)[.posixPermissions]
        as? Int
      #expect(mode == 0o600)
    }
  }

  @Test func severalFilesChangeAllOrNone() throws {
    try withFolder { folder in
      for name in ["a.json", "b.json"] {
        try #"{"parameters": {"x": {"value": 1}}}"#.write(
          to: folder.appending(path: name), atomically: true, encoding: .utf8)
      }
      try "{}".write(to: folder.appending(path: "c.json"), atomically: true, encoding: .utf8)
      let context = TestContext(folder)
      #expect(throws: KilnExit.problems) { try run(folder, context, ["a.json", "c.json", "b.json", "--set", "x=2"]) }
      #expect(try text(folder, "a.json").contains("1") && text(folder, "b.json").contains("1"))
      #expect(throws: KilnExit.difference) {
        try run(folder, context, ["a.json", "b.json", "--set", "x=2", "--check"])
      }
      #expect(try text(folder, "a.json").contains("1"))
      try run(folder, context, ["a.json", "b.json", "--set", "x=2"])
      #expect(try text(folder, "a.json").contains("2") && text(folder, "b.json").contains("2"))
    }
  }

  @Test func keepsTheModeAndFollowsLinksUnlessRefused() throws {
    try withFolder { folder in
      let file = folder.appending(path: "real.json")
      try #"{"parameters": {"x": {"value": 1}}}"#.write(to: file, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file.path)
      try FileManager.default.createSymbolicLink(at: folder.appending(path: "p.json"), withDestinationURL: file)
      let context = TestContext(folder)
      #expect(throws: KilnExit.problems) { try run(folder, context, ["p.json", "--set", "x=2", "--refuse-links"]) }
      try run(folder, context, ["p.json", "--set", "x=2"])
      let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
      #expect(attributes[.posixPermissions] as? Int == 0o640)
      #expect(
        try FileManager.default.attributesOfItem(atPath: folder.appending(path: "p.json").path)[.type]
          as? FileAttributeType == .typeSymbolicLink)
      #expect(try text(folder, "real.json").contains("2"))
    }
  }

  @Test(arguments: [
    ("Builds finished. The", "Builds f", "the log stops before Packer's summary"),
    ("StorageAccountLocation", "Other", "no artifact of kind vhd"),
    ("system/x.vhd\nOSDiskUriR", "***.vhd\nOSDiskUriR", "is masked in the log"),
    ("Build 'azure-arm' finished", "Build 'azure-arm' errored: no\nx", "failed: no"),
  ]) func neverPassesOnWhatIsNotGood(_ old: String, _ new: String, _ message: String) throws {
    try withFolder { folder in
      var log = Self.log.replacing(old, with: new)
      if message.contains("no artifact") { log = log.replacing("OSDiskUri", with: "Nothing") }
      try log.write(to: folder.appending(path: "packer.log"), atomically: true, encoding: .utf8)
      let file = #"{"parameters": {"i": {"value": "x"}}}"#
      try file.write(to: folder.appending(path: "p.json"), atomically: true, encoding: .utf8)
      let context = TestContext(folder)
      #expect(throws: KilnExit.problems) {
        try run(folder, context, ["p.json", "--log", "packer.log", "--artifact", "i=vhd"])
      }
      #expect(context.error.contains(message), "\(context.error)")
      #expect(try text(folder, "p.json") == file)
    }
  }

  @Test(arguments: ["text", "json", "dotenv", "github", "azure-pipelines"])
  func signaturesAreShownOnlyWhenAsked(_ format: String) throws {
    try withFolder { folder in
      try Self.log.write(to: folder.appending(path: "packer.log"), atomically: true, encoding: .utf8)
      let context = TestContext(folder)
      try PackerLogCommand.parse(["packer.log", "--format", format]).run(in: context)
      #expect(!context.output.contains("s3cret"))
      // A person sees that there is one; a program is never given one that does not work.
      #expect(context.output.contains("sig=***") == ["text", "json"].contains(format))
      #expect(
        context.error.contains("osDiskUriReadOnlySas is left out: it holds a shared access signature")
          != ["text", "json"].contains(format))
      try PackerLogCommand.parse(["packer.log", "--format", format, "--show-secrets"]).run(in: context)
      #expect(context.output.contains("s3cret"))
    }
  }

  @Test(arguments: ["dotenv", "github", "azure-pipelines"], ["***", "UNKNOWN ID"])
  func neitherMaskedNorUnknownValuesAreHandedOn(_ format: String, _ value: String) throws {
    try withFolder { folder in
      let log = Self.log.replacing("https://a.blob.core.windows.net/system/x.vhd\n", with: value + "\n")
      try log.write(to: folder.appending(path: "packer.log"), atomically: true, encoding: .utf8)
      let context = TestContext(folder)
      #expect(throws: KilnExit.problems) {
        try PackerLogCommand.parse(["packer.log", "--format", format]).run(in: context)
      }
      #expect(context.output.isEmpty && context.error.contains("vhd's osDiskUri is"), "\(context.error)")
    }
  }

  @Test(arguments: ["dotenv", "github", "azure-pipelines"])
  func severalArtifactsOfAKindAreNotMixed(_ format: String) throws {
    try withFolder { folder in
      let log =
        "==> Builds finished. The artifacts of successful builds are:\n--> a: AMIs were created:\neu-west-1: ami-1\neu-west-2: ami-2\n"
      try log.write(to: folder.appending(path: "packer.log"), atomically: true, encoding: .utf8)
      let context = TestContext(folder)
      #expect(throws: KilnExit.problems) {
        try PackerLogCommand.parse(["packer.log", "--format", format]).run(in: context)
      }
      #expect(context.error.contains("more than one ami") && context.error.contains("eu-west-2") == false)
    }
  }

  @Test(arguments: ["text", "json", "dotenv", "github", "azure-pipelines"])
  func artifactsOfUnknownBuildersCannotSmuggleEither(_ format: String) throws {
    try withFolder { folder in
      let log =
        "==> Builds finished. The artifacts of successful builds are:\n--> x: made ##vso[task.complete]\n::set-output name=a::b\n\u{2003}::add-mask::c\n"
      try log.write(to: folder.appending(path: "packer.log"), atomically: true, encoding: .utf8)
      let context = TestContext(folder)
      let result = Result { try PackerLogCommand.parse(["packer.log", "--format", format]).run(in: context) }
      // As a CI system's variable it is refused.
      #expect(((try? result.get()) != nil) == ["text", "json"].contains(format))
      // Kiln's own annotation says why there is no result.
      let own = ["::error title=packer-log.choice::", "##vso[task.logissue type=error;code=packer-log.choice]"]
      let lines = (context.output + context.error).split(whereSeparator: \.isNewline).map { line in
        own.first { line.hasPrefix($0) }.map { line.dropFirst($0.count) } ?? line
      }
      #expect(!lines.contains { $0.contains("##vso[") && !$0.hasPrefix("##vso[task.setvariable") })
      #expect(!lines.contains { $0.drop(while: \.isWhitespace).hasPrefix("::") })
    }
  }

  @Test func aSecretThatIsThereAlreadyIsMadePrivate() throws {
    try withFolder { folder in
      let file = folder.appending(path: "p.json")
      try #"{"parameters": {"p": {"value": "s3cret"}}}"#.write(to: file, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
      let context = TestContext(folder, environment: ["P": "s3cret"])
      #expect(throws: KilnExit.difference) { try run(folder, context, ["p.json", "--set-env", "p=P", "--check"]) }
      try run(folder, context, ["p.json", "--set-env", "p=P"])
      #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int == 0o600)
      try run(folder, context, ["p.json", "--set-env", "p=P", "--check"])
    }
  }

  /// The whole message of every id, and an id without a fixture is found.
  @Test(arguments: ParameterFixture.all) func saysExactly(_ fixture: DiagnosticFixture) throws {
    try withFolder { folder in
      try fixture.make(in: folder)
      let arguments = try text(folder, "arguments").split(whereSeparator: \.isNewline).map(String.init)
      let context = TestContext(folder, environment: ["SECRET": "hush-hush"])
      let result = Result { try run(folder, context, arguments) }
      let warns = ["parameters.case", "parameters.token-left", "parameters.unmanaged-disk"].contains(fixture.id)
      #expect(warns == ((try? result.get()) != nil))
      if ProcessInfo.processInfo.environment["GOLDEN"] == "record", context.error != fixture.expected {
        try fixture.record(context.error)
      }
      #expect(context.error == fixture.expected)
      #expect(context.error.contains(fixture.id) && !context.error.contains("hush-hush"))
    }
  }

  @Test func everyParametersIdHasAFixture() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/KilnAzure")
      .standardized
    let files = try #require(FileManager.default.enumerator(atPath: sources.path)).compactMap { $0 as? String }
    var ids: Set<String> = []
    for file in files where file.hasSuffix(".swift") {
      let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
      for match in text.matches(of: /"(parameters\.[a-z-]+)"/) { ids.insert(String(match.1)) }
    }
    #expect(ids.count > 14)
    #expect(ids.subtracting(ParameterFixture.all.map(\.id)).sorted() == [])
  }

  @Test func aLogCannotSmuggleCommandsIntoCI() throws {
    try withFolder { folder in
      let log =
        "==> Some builds didn't complete successfully and had errors:\n--> x: ##vso[task.setvariable variable=a]b\n::set-output name=a::b\n\n==> Builds finished but no artifacts were created.\n"
      try log.write(to: folder.appending(path: "packer.log"), atomically: true, encoding: .utf8)
      let context = TestContext(folder)
      #expect(throws: KilnExit.problems) { try PackerLogCommand.parse(["packer.log"]).run(in: context) }
      #expect(!context.error.contains("##vso[") && !context.error.contains("\n::"))
    }
  }
}
