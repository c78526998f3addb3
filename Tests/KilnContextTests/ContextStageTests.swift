import Foundation
import SystemPackage
import Testing

@testable import KilnContext

struct ContextStageTests {
  private func stage(_ root: FilePath) throws -> StagedContext {
    try ContextStage(root.appending("stage")).update(ContextSource(folder: root.appending("src")))
  }

  private func contents(_ root: FilePath) throws -> [String] {
    try ContextPacker.list(ContextSource(folder: root.appending("stage"))).entries.map(\.name)
  }

  @Test func followsEveryChange() throws {
    try ContextPackerTests.withFolder { root in
      let source = root.appending("src")
      for path in ["a", "d/b", "d/c/e"] { try ContextPackerTests.write(source, path, path) }
      #expect(symlink("a", source.appending("link").string) == 0)
      let first = try stage(root)
      #expect(first.files == 3 && first.written == 4 && first.removed == 0)
      let second = try stage(root)
      #expect(second.digest == first.digest && second.removed == 0)
      // A folder becomes a file, a file a folder; one goes, one is made executable.
      try FileManager.default.removeItem(atPath: source.appending("d").string)
      try ContextPackerTests.write(source, "d", "now a file")
      try FileManager.default.removeItem(atPath: source.appending("link").string)
      try ContextPackerTests.write(source, "link/x", "now a folder")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: source.appending("a").string)
      let third = try stage(root)
      #expect(third.digest != first.digest)
      #expect(try contents(root) == ["a", "d", "link", "link/x"])
      let mode = try FileManager.default.attributesOfItem(atPath: root.appending("stage/a").string)[.posixPermissions]
      #expect(mode as? Int == 0o755)
    }
  }

  /// What BuildKit compares, size and time, differs whenever the contents do.
  @Test func timesComeFromContents() throws {
    try ContextPackerTests.withFolder { root in
      var times: Set<Date> = []
      for text in ["one", "two", "one"] {
        try ContextPackerTests.write(root.appending("src"), "a", text)
        _ = try stage(root)
        let path = root.appending("stage/a").string
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        times.insert(try #require(try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date))
      }
      #expect(times.count == 2)
    }
  }

  @Test func whatAKilledUpdateLeftIsRemovedAndMended() throws {
    try ContextPackerTests.withFolder { root in
      try ContextPackerTests.write(root.appending("src"), "a", "right")
      let digest = try stage(root).digest
      try ContextPackerTests.write(root.appending("stage"), ".a.kiln-abc123", "half")
      try ContextPackerTests.write(root.appending("stage"), "a", "wrong")
      let again = try stage(root)
      #expect(again.digest == digest && again.removed == 1)
      #expect(try String(contentsOfFile: root.appending("stage/a").string, encoding: .utf8) == "right")
    }
  }

  @Test func theDigestIsOfContentsAlone() throws {
    var digests: Set<String> = []
    for round in 0..<2 {
      try ContextPackerTests.withFolder { root in
        for path in round == 0 ? ["a", "b"] : ["b", "a"] {
          try ContextPackerTests.write(root.appending("src"), path, path, mode: round == 0 ? 0o600 : 0o644)
        }
        digests.insert(try stage(root).digest)
      }
    }
    #expect(digests.count == 1)
  }
}
