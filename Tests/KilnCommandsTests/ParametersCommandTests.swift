import ArgumentParser
import Foundation
import Testing

@testable import KilnCommands

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
    try PatchCommand.parse(arguments).run(in: context.context)
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

  @Test func signaturesAreShownOnlyWhenAsked() throws {
    try withFolder { folder in
      try Self.log.write(to: folder.appending(path: "packer.log"), atomically: true, encoding: .utf8)
      for format in ["text", "json", "dotenv", "github", "azure-pipelines"] {
        let context = TestContext(folder)
        try PackerLogCommand.parse(["packer.log", "--format", format]).run(in: context.context)
        #expect(context.output.contains("sig=***") && !context.output.contains("s3cret"), "\(format)")
        try PackerLogCommand.parse(["packer.log", "--format", format, "--show-secrets"]).run(in: context.context)
        #expect(context.output.contains("s3cret"))
      }
    }
  }

  @Test func aLogCannotSmuggleCommandsIntoCI() throws {
    try withFolder { folder in
      let log =
        "==> Some builds didn't complete successfully and had errors:\n--> x: ##vso[task.setvariable variable=a]b\n::set-output name=a::b\n\n==> Builds finished but no artifacts were created.\n"
      try log.write(to: folder.appending(path: "packer.log"), atomically: true, encoding: .utf8)
      let context = TestContext(folder)
      #expect(throws: KilnExit.problems) { try PackerLogCommand.parse(["packer.log"]).run(in: context.context) }
      #expect(!context.error.contains("##vso[") && !context.error.contains("\n::"))
    }
  }
}
