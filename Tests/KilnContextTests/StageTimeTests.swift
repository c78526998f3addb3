import Foundation
import KilnArtifacts
import SystemPackage
import Testing

@testable import KilnContext

/// The times of staged files, by which BuildKit tells one content from another.
struct StageTimeTests {
  private func content(_ text: String) -> [UInt8] { Array(ContentDigest(of: text).hex.utf8) }

  @Test func differWithContentsAndKeys() throws {
    try ContextPackerTests.withFolder { root in
      let (one, other) = (StageKey(keptIn: root.appending("a/b")), StageKey(keptIn: root.appending("c")))
      let times = [one.time(of: content("1")), one.time(of: content("2")), other.time(of: content("1"))].map {
        FileStatus.nanoseconds($0)
      }
      #expect(Set(times).count == 3)
      // The key lasts, for this account alone.
      let again = StageKey(keptIn: root.appending("a/b"))
      #expect(FileStatus.nanoseconds(again.time(of: content("1"))) == times[0])
      let file = root.appending("a/b/stage.key").string
      let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  /// A key that others may know is none.
  @Test func aKeyThatOthersReadIsReplaced() throws {
    try ContextPackerTests.withFolder { root in
      let before = FileStatus.nanoseconds(StageKey(keptIn: root).time(of: content("1")))
      let file = root.appending("stage.key").string
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
      #expect(FileStatus.nanoseconds(StageKey(keptIn: root).time(of: content("1"))) != before)
    }
  }

  /// The SHA-256 of two files that an attack found: the times that were made from their first 60 bits were one.
  @Test func digestsThatBeginAlikeHaveOtherTimes() {
    let key = StageKey(keptIn: nil)
    let (good, evil) = ("ae6273fa20493a03", "ae6273f2aceffa0e")
    let rest = String(repeating: "0", count: 48)
    #expect(
      FileStatus.nanoseconds(key.time(of: Array((good + rest).utf8)))
        != FileStatus.nanoseconds(key.time(of: Array((evil + rest).utf8))))
  }

  /// What BuildKit compares, size and time, differs whenever the contents do.
  @Test func timesComeFromContents() throws {
    try ContextPackerTests.withFolder { root in
      var times: Set<Date> = []
      for text in ["one", "two", "one"] {
        try ContextPackerTests.write(root.appending("src"), "a", text)
        let path = try ContextStage(root.appending("dist/stage"), below: root).update(
          ContextSource(folder: root.appending("src"))
        ).folder.appending("a")
        #expect(try String(contentsOfFile: path.string, encoding: .utf8) == text)
        times.insert(
          try #require(try FileManager.default.attributesOfItem(atPath: path.string)[.modificationDate] as? Date))
      }
      #expect(times.count == 2)
    }
  }
}
