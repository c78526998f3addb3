import KilnArtifacts
import SystemPackage
import Testing

import class Foundation.FileManager

struct AtomicFileTests {
  /// A rename would take away what everybody writes to.
  @Test func aDeviceIsNotReplaced() {
    #expect(
      AtomicFile.isDevice("/dev/null") && AtomicFile.isDevice("/dev/stdout") && !AtomicFile.isDevice("/nonexistent"))
    #expect(throws: FileSystemError.self) {
      let file = try AtomicFile.create(at: "/dev/kiln-nothing")
      try file.commit(mode: .ownerReadWrite)
    }
  }

  @Test func leavesNothingWithoutCommit() throws {
    try withTemporaryFolder { folder in
      do {
        let file = try AtomicFile.create(at: folder.appending("a"))
        try Array("half".utf8).withUnsafeBytes { try file.write($0) }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string) == [])
    }
  }

  @Test func replacesOnCommit() throws {
    try withTemporaryFolder { folder in
      for text in ["one", "two"] {
        let file = try AtomicFile.create(at: folder.appending("a"))
        try Array(text.utf8).withUnsafeBytes { try file.write($0) }
        try file.commit(mode: FilePermissions(rawValue: 0o644))
      }
      #expect(
        FileManager.default.contents(atPath: folder.appending("a").string)
          == Array("two".utf8).withUnsafeBytes { .init($0) })
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string) == ["a"])
    }
  }

  @Test func saysWhatWasRefused() {
    #expect {
      _ = try AtomicFile.create(at: "/nonexistent/folder/a")
    } throws: { "\($0)" == "cannot create a temporary file for /nonexistent/folder/a: No such file or directory" }
  }

  @Test func digests() {
    #expect(
      ContentDigest(of: "abc").description
        == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}

func withTemporaryFolder(_ body: (FilePath) throws -> Void) throws {
  let url = FileManager.default.temporaryDirectory.appending(path: "kiln-tests-\(UInt64.random(in: 0 ... .max))")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: url) }
  try body(FilePath(url.path(percentEncoded: false)))
}
