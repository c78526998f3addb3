import Foundation
import KilnArtifacts
import KilnDiagnostics
import SystemPackage
import Testing

@testable import KilnContext

extension ContextPackerTests {
  @Test func foldersThatAreLeftOutAreNotWalked() throws {
    try Self.withFolder { folder in
      try Self.write(folder, "node_modules/a/b")
      try Self.write(folder, "src/a")
      // A FIFO in it would be told if anybody looked.
      #expect(folder.appending("node_modules/a/pipe").withPlatformString { mkfifo($0, 0o644) } == 0)
      let rules = try IgnoreRules(Array("node_modules\n!src/**\n".utf8), file: "i")
      let result = try ContextPacker.list(ContextSource(folder: folder, ignore: rules))
      #expect(result.entries.map(\.name) == ["src", "src/a"])
      #expect(!result.warnings.contains { $0.id == "context.special" })
    }
  }

  @Test func exceptionsBringBackWhatIsInsideAndItsFolders() throws {
    try Self.withFolder { folder in
      for path in ["v/a/keep.md", "v/a/drop", "v/b/drop", "w/x"] { try Self.write(folder, path) }
      let rules = try IgnoreRules(Array("v\nw\n!v/**/*.md\n".utf8), file: "i")
      #expect(try Self.names(ContextSource(folder: folder, ignore: rules)) == ["v", "v/a", "v/a/keep.md"])
    }
  }

  @Test func warnsOfWhatShouldHardlyBeInAnImage() throws {
    try Self.withFolder { folder in
      for path in [
        ".git/config", ".env", ".env.example", "keys/id_rsa", "tls/server.key", "web/node_modules/m/x",
        "web/package-lock.json", "sub/x.log",
      ] { try Self.write(folder, path) }
      try FileManager.default.createSymbolicLink(
        atPath: folder.appending("sub/up").string, withDestinationPath: "../../outside")
      let rules = try IgnoreRules(
        Array("*.log\nnothing/here\nbin\\Debug\nlogs # not a comment\n".utf8), file: "i")
      let warnings = try ContextPacker.list(ContextSource(folder: folder, ignore: rules)).warnings
      let told = warnings.map { "\($0.id) \($0.message)" }
      #expect(
        Set(warnings.map(\.id)) == [
          "context.git", "context.env", "context.private-key", "context.node-modules", "context.gitignore-habit",
          "context.unused-pattern", "context.link-outside",
        ])
      #expect(told.filter { $0.hasPrefix("context.env") }.count == 1)
      #expect(told.filter { $0.hasPrefix("context.private-key") }.count == 2)
      #expect(told.filter { $0.hasPrefix("context.gitignore-habit") }.count == 3, "\(told)")
    }
  }

  @Test func aFingerprintChangesWithAnyFileAndNeedsQuietBefore() throws {
    try Self.withFolder { folder in
      try Self.write(folder, "a")
      let source = ContextSource(folder: folder)
      // What changed just now has none.
      #expect(try ContextFingerprint.of(source, salt: "") == nil)
      Thread.sleep(forTimeInterval: 2.3)
      let first = try #require(try ContextFingerprint.of(source, salt: ""))
      #expect(try ContextFingerprint.of(source, salt: "") == first)
      #expect(try ContextFingerprint.of(source, salt: "other") != first)
      // Even with the time of modification set back.
      let date = try FileManager.default.attributesOfItem(atPath: folder.appending("a").string)[.modificationDate]
      try Self.write(folder, "a", "y")
      try FileManager.default.setAttributes(
        [.modificationDate: date ?? Date()], ofItemAtPath: folder.appending("a").string)
      Thread.sleep(forTimeInterval: 2.3)
      #expect(try ContextFingerprint.of(source, salt: "") != first)
    }
  }

  /// `*` does match what is in `dist`, and the exception takes it after all.
  @Test func anAllowListIsNoHabit() throws {
    try Self.withFolder { folder in
      for path in ["dist/a/b.js", "other/c.js", "important/x.log", "x.log"] { try Self.write(folder, path) }
      func warnings(_ rules: String) throws -> [String] {
        let source = ContextSource(folder: folder, ignore: try IgnoreRules(Array(rules.utf8), file: ".dockerignore"))
        return try ContextPacker.list(source).warnings.map { "\($0.id) \($0.location?.position?.line ?? 0)" }
      }
      #expect(try warnings("*\n!dist\n") == [])
      #expect(try warnings("*\n!dist\n*.log\n!important\n") == ["context.gitignore-habit 3"])
      #expect(try warnings("*.log\n") == ["context.gitignore-habit 1"])
      #expect(try warnings("x.log\n") == ["context.gitignore-habit 1"])
    }
  }

  /// 20,000 rules that match nothing, and names that each must be held against them.
  @Test(.timeLimit(.minutes(15))) func manyRulesTakeNoLongTime() throws {
    try Self.withFolder { folder in
      for index in 0..<300 { try Self.write(folder, "d/file-\(index)") }
      let rules = (0..<10_000).map { "name-\($0)\nname-\($0)-*.x?z\n" }.joined()
      let source = ContextSource(folder: folder, ignore: try IgnoreRules(Array(rules.utf8), file: ".dockerignore"))
      let warnings = try ContextPacker.list(source).warnings
      #expect(warnings.count == 101)
      #expect(warnings.contains { $0.message == "and 19900 more of this kind" })
    }
  }
}
