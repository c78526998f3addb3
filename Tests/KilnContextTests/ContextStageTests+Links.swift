import Foundation
import KilnArtifacts
import SystemPackage
import Testing

@testable import KilnContext

/// What stands in the way of a stage is not followed.
extension ContextStageTests {
  @Test func writesThroughNoLink() throws {
    for name in ["dist", "dist/stage.staged"] {
      try ContextPackerTests.withFolder { root in
        try ContextPackerTests.write(root.appending("src"), "a", "1")
        try ContextPackerTests.write(root.appending("victim"), "kept", "1")
        let link = root.appending(FilePath(name).components)
        try FileManager.default.createDirectory(
          atPath: link.removingLastComponent().string, withIntermediateDirectories: true)
        #expect(symlink(root.appending("victim").string, link.string) == 0)
        #expect(throws: (any Error).self) { try stage(root) }
        #expect(try contents(root.appending("victim")) == ["kept"])
      }
    }
    try ContextPackerTests.withFolder { root in
      try ContextPackerTests.write(root.appending("src"), "a", "1")
      try ContextPackerTests.write(root.appending("victim"), "kept", "1")
      try ContextPackerTests.write(root.appending("dist"), "x", "1")
      #expect(symlink("../victim", root.appending("dist/stage").string) == 0)
      let staged = try stage(root)
      #expect(try contents(root.appending("victim")) == ["kept"] && contents(staged.folder) == ["a"])
    }
  }

  @Test func aLinkInPlaceOfAStageIsReplaced() throws {
    try ContextPackerTests.withFolder { root in
      try ContextPackerTests.write(root.appending("src"), "a", "1")
      let first = try stage(root)
      let place = root.appending("dist/stage.staged").appending(first.digest)
      try FileManager.default.moveItem(atPath: place.string, toPath: root.appending("victim").string)
      #expect(symlink(root.appending("victim").string, place.string) == 0)
      let second = try stage(root)
      #expect(second.digest == first.digest && !place.isLink)
      #expect(try contents(second.folder) == ["a"])
      #expect(FileManager.default.fileExists(atPath: root.appending("victim").string))
    }
  }
}
