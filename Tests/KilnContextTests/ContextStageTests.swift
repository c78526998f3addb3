import Foundation
import KilnArtifacts
import SystemPackage
import Testing

@testable import KilnContext

struct ContextStageTests {
  func stage(_ root: FilePath, isHandedOut: Bool = false) throws -> StagedContext {
    try ContextStage(root.appending("dist/stage"), below: root).update(
      ContextSource(folder: root.appending("src")), isHandedOut: isHandedOut)
  }

  func contents(_ folder: FilePath) throws -> [String] {
    try ContextPacker.list(ContextSource(folder: folder)).entries.map(\.name)
  }

  private func text(_ path: FilePath) throws -> String { try String(contentsOfFile: path.string, encoding: .utf8) }

  private func stages(_ root: FilePath) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appending("dist/stage.staged").string)
      .filter { $0 != ".lock" }.sorted()
  }

  /// A file's own, so that what was staged of it is used again.
  private func settle(_ root: FilePath) { usleep(150_000) }

  @Test func followsEveryChange() throws {
    try ContextPackerTests.withFolder { root in
      let source = root.appending("src")
      for path in ["a", "d/b", "d/c/e"] { try ContextPackerTests.write(source, path, path) }
      #expect(symlink("a", source.appending("link").string) == 0)
      let first = try stage(root)
      #expect(first.files == 3 && first.written == 4 && first.removed == 0)
      let second = try stage(root)
      #expect(second.digest == first.digest && second.removed == 0 && second.folder == first.folder)
      // A folder becomes a file, a file a folder; one goes, one is made executable.
      try FileManager.default.removeItem(atPath: source.appending("d").string)
      try ContextPackerTests.write(source, "d", "now a file")
      try FileManager.default.removeItem(atPath: source.appending("link").string)
      try ContextPackerTests.write(source, "link/x", "now a folder")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: source.appending("a").string)
      let third = try stage(root)
      #expect(third.digest != first.digest)
      #expect(try contents(third.folder) == ["a", "d", "link", "link/x"])
      #expect(try contents(root.appending("dist/stage")) == ["a", "d", "link", "link/x"])
      let mode = try FileManager.default.attributesOfItem(atPath: third.folder.appending("a").string)[
        .posixPermissions]
      #expect(mode as? Int == 0o755)
    }
  }

  /// A cache that a CI system unpacks has the sizes and times that the records know, whatever was done to the files.
  @Test func aCopyFromElsewhereIsNotBelieved() throws {
    try ContextPackerTests.withFolder { root in
      try ContextPackerTests.write(root.appending("src"), "a", "good")
      let first = try stage(root)
      let file = first.folder.appending("a").string
      let times = try FileManager.default.attributesOfItem(atPath: file)[.modificationDate] as? Date
      var status = stat()
      #expect(stat(file, &status) == 0)
      let handle = try FileDescriptor.open(FilePath(file), .writeOnly, options: .truncate)
      try handle.closeAfter { _ = try handle.writeAll("evil".utf8) }
      var own = [status.st_atim, status.st_mtim]
      #expect(utimensat(AT_FDCWD, file, &own, 0) == 0 && times != nil)
      // As `cp -a` leaves it: everything but the folder's own inode.
      let (dist, copy) = (root.appending("dist").string, root.appending("copy").string)
      let process = Process()
      process.executableURL = URL(filePath: "/bin/cp")
      process.arguments = ["-a", dist, copy]
      try process.run()
      process.waitUntilExit()
      try FileManager.default.removeItem(atPath: dist)
      try FileManager.default.moveItem(atPath: copy, toPath: dist)
      let second = try stage(root)
      #expect(second.digest == first.digest)
      #expect(try text(second.folder.appending("a")) == "good")
      #expect(try second.isUnchanged())
    }
  }

  /// Nor is one that is unpacked into the folders that were made here, with records that fit it.
  @Test func aFileThatWasExchangedInPlaceIsNotBelieved() throws {
    try ContextPackerTests.withFolder { root in
      try ContextPackerTests.write(root.appending("src"), "a", "good")
      try ContextPackerTests.write(root.appending("src"), "b", "same")
      settle(root)
      let first = try stage(root)
      let name = first.folder.appending("a").string
      var status = stat()
      #expect(stat(name, &status) == 0)
      let file = try FileDescriptor.open(FilePath(name), .writeOnly)
      try file.closeAfter { _ = try file.writeAll("evil".utf8) }
      var times = [status.st_atim, status.st_mtim]
      #expect(utimensat(AT_FDCWD, name, &times, 0) == 0)
      #expect(try !first.isUnchanged())
      let second = try stage(root)
      #expect(try second.digest == first.digest && text(second.folder.appending("a")) == "good")
      // And where another file changed, so that the folder is made from the last one.
      #expect(stat(second.folder.appending("a").string, &status) == 0)
      try ContextPackerTests.write(second.folder, "a", "evil")
      #expect(utimensat(AT_FDCWD, second.folder.appending("a").string, &times, 0) == 0)
      try ContextPackerTests.write(root.appending("src"), "b", "other")
      let third = try stage(root)
      #expect(try text(third.folder.appending("a")) == "good" && text(third.folder.appending("b")) == "other")
    }
  }

  /// Whatever is linked and removed meanwhile, an unchanged context is not read again.
  @Test func timesOfChangeAreKeptUpToDate() throws {
    try ContextPackerTests.withFolder { root in
      for text in ["1", "2", "3"] {
        try ContextPackerTests.write(root.appending("src"), "a", text)
        try ContextPackerTests.write(root.appending("src"), "b", "same")
        let last = try stage(root)
        let records = StageRecords(reading: StageStore.state(of: last.folder.removingLastComponent()))
        #expect(records.records.count == 2)
        for record in records.records {
          var status = stat()
          #expect(stat(last.folder.appending(String(decoding: record.path, as: UTF8.self)).string, &status) == 0)
          #expect(record.changed == FileStatus(status).changed)
        }
      }
    }
  }

  /// A tag that is a digest names what has that digest, whoever stages what meanwhile.
  @Test func whatIsInUseIsNeverWrittenTo() throws {
    try ContextPackerTests.withFolder { root in
      try ContextPackerTests.write(root.appending("src"), "a", "first")
      try ContextPackerTests.write(root.appending("src"), "same", "same")
      let first = try stage(root)
      try ContextPackerTests.write(root.appending("src"), "a", "second")
      let second = try stage(root)
      #expect(first.folder != second.folder)
      #expect(try text(first.folder.appending("a")) == "first" && text(second.folder.appending("a")) == "second")
      #expect(try first.isUnchanged() && second.isUnchanged())
      try ContextPackerTests.write(second.folder, "a", "edited")
      #expect(try first.isUnchanged() && !second.isUnchanged())
    }
  }

  @Test func whatNobodyUsesIsRemoved() throws {
    try ContextPackerTests.withFolder { root in
      var last: StagedContext?
      for text in ["1", "2", "3"] {
        try ContextPackerTests.write(root.appending("src"), "a", text)
        last = try stage(root)
      }
      // The one before the last was in use while the last was made.
      #expect(try stages(root).count == 2)
      last = nil
      _ = last
      last = try stage(root)
      #expect(try stages(root) == [last?.digest].compactMap { $0 })
    }
  }

  /// Bake reads folders after the command that made them has ended.
  @Test func whatWasHandedOutStaysForAnHour() throws {
    try ContextPackerTests.withFolder { root in
      try ContextPackerTests.write(root.appending("src"), "a", "1")
      let first = try stage(root, isHandedOut: true).folder
      try ContextPackerTests.write(root.appending("src"), "a", "2")
      _ = try stage(root)
      #expect(try text(first.appending("a")) == "1")
      let mark = first.removingLastComponent().appending("handed-out")
      try FileManager.default.setAttributes([.modificationDate: Date() - 4000], ofItemAtPath: mark.string)
      _ = try stage(root)
      #expect(!FileManager.default.fileExists(atPath: first.string))
    }
  }

  /// What did not change is linked, not read: an unreadable file tells.
  @Test func filesThatDidNotChangeAreNotReadAgain() throws {
    try ContextPackerTests.withFolder { root in
      let source = root.appending("src")
      try ContextPackerTests.write(source, "same", "same")
      try ContextPackerTests.write(source, "a", "1")
      settle(root)
      let first = try stage(root)
      try ContextPackerTests.write(source, "a", "2")
      let second = try stage(root)
      #expect(second.written == 1)
      func inode(_ folder: FilePath) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: folder.appending("same").string)[.systemFileNumber] as? Int
      }
      #expect(try inode(first.folder) == inode(second.folder))
    }
  }

  @Test func whatAKilledUpdateLeftIsRemovedAndMended() throws {
    try ContextPackerTests.withFolder { root in
      try ContextPackerTests.write(root.appending("src"), "a", "right")
      let first = try stage(root)
      try ContextPackerTests.write(root.appending("dist/stage.staged"), ".new-17/incoming/1", "half")
      try ContextPackerTests.write(first.folder, "stray", "half")
      try ContextPackerTests.write(first.folder, "a", "wrong")
      let again = try stage(root)
      #expect(again.digest == first.digest)
      #expect(try contents(again.folder) == ["a"] && text(again.folder.appending("a")) == "right")
      #expect(try stages(root) == [again.digest])
    }
  }

  /// Each of these stands in a repository that somebody else wrote.
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

  /// The folder of the version before, which is no link.
  @Test func takesOverAFolderOfAnOlderVersion() throws {
    try ContextPackerTests.withFolder { root in
      try ContextPackerTests.write(root.appending("src"), "a", "1")
      try ContextPackerTests.write(root.appending("dist/stage"), "old", "1")
      try ContextPackerTests.write(root.appending("dist"), "stage.state", "1")
      let staged = try stage(root)
      #expect(try contents(root.appending("dist/stage")) == ["a"])
      #expect(!FileManager.default.fileExists(atPath: root.appending("dist/stage.state").string))
      _ = staged
    }
  }

  private func openDescriptors() -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
  }

  /// 255 bytes that are no ASCII, and more levels than a process usually has descriptors.
  @Test func longNamesAndDeepTrees() throws {
    try ContextPackerTests.withFolder { root in
      let source = root.appending("src")
      try ContextPackerTests.write(source, String(repeating: "ü", count: 127) + "x", "long")
      // The path of the last one is longer than the system takes.
      let levels = 1100
      var descriptor = open(source.string, O_RDONLY | O_DIRECTORY)
      for level in 0..<levels {
        #expect(mkdirat(descriptor, "level-\(level)", 0o755) == 0)
        let next = openat(descriptor, "level-\(level)", O_RDONLY | O_DIRECTORY)
        close(descriptor)
        descriptor = next
      }
      close(openat(descriptor, "deepest", O_WRONLY | O_CREAT, 0o644))
      close(descriptor)
      let before = openDescriptors()
      var most = 0
      var count = 0
      let stage = ContextStage(root.appending("dist/stage"), below: root)
      let staged = try stage.update(ContextSource(folder: source)) {
        count += 1
        if count.isMultiple(of: 100) { most = max(most, openDescriptors()) }
      }
      // Other tests have some, too.
      #expect(most < before + 500)
      #expect(staged.files == 2)
      #expect(try staged.isUnchanged())
      let entries = try ContextPacker.list(ContextSource(folder: source)).entries
      #expect(entries.count == levels + 2 && entries.contains { $0.name.hasSuffix("/deepest") })
      try ContextPackerTests.write(source, "other", "1")
      #expect(try stage.update(ContextSource(folder: source)).files == 3)
      // Foundation cannot remove such a tree.
      let top = try OpenFolder.open(root)
      for item in try top.list() { try top.remove(item.name) }
    }
  }
}
