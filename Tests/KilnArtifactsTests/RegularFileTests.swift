import Foundation
import SystemPackage
import Testing

@testable import KilnArtifacts

struct RegularFileTests {
  private func withFolder(_ body: (FilePath) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "kiln-regular-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(FilePath(url.path))
  }

  @Test func readsWholeFiles() throws {
    try withFolder { root in
      for text in ["", "a", String(repeating: "long ", count: 100_000)] {
        let path = root.appending("file")
        try text.write(toFile: path.string, atomically: false, encoding: .utf8)
        #expect(try RegularFile.read(path, limit: 1 << 20) == Array(text.utf8))
      }
    }
  }

  /// Each of these would wait for ever, or never end.
  @Test(.timeLimit(.minutes(15))) func refusesWhatIsNoRegularFile() throws {
    try withFolder { root in
      let fifo = root.appending("fifo")
      #expect(mkfifo(fifo.string, 0o600) == 0)
      #expect(symlink("fifo", root.appending("link").string) == 0)
      #expect(symlink("/dev/zero", root.appending("zero").string) == 0)
      let table: [(String, RegularFile.Failure.Reason)] = [
        ("fifo", .otherKind("a FIFO")), ("link", .otherKind("a FIFO")), ("zero", .otherKind("a device")),
        (".", .otherKind("a folder")), ("none", .absent), ("fifo/none", .absent),
      ]
      for (name, reason) in table {
        #expect(throws: RegularFile.Failure(path: root.appending(name), reason: reason)) {
          try RegularFile.read(root.appending(name), limit: 10)
        }
      }
    }
  }

  @Test func refusesWhatIsTooLarge() throws {
    try withFolder { root in
      let path = root.appending("file")
      try "12345".write(toFile: path.string, atomically: false, encoding: .utf8)
      #expect(try RegularFile.read(path, limit: 5).count == 5)
      #expect(throws: RegularFile.Failure(path: path, reason: .tooLarge(limit: 4))) {
        try RegularFile.read(path, limit: 4)
      }
    }
  }

  @Test func followsNoLinkWhereItIsNotTo() throws {
    try withFolder { root in
      try "text".write(toFile: root.appending("file").string, atomically: false, encoding: .utf8)
      let link = root.appending("link")
      #expect(symlink("file", link.string) == 0)
      #expect(try RegularFile.read(link, limit: 10) == Array("text".utf8))
      #expect(throws: RegularFile.Failure(path: link, reason: .otherKind("a symbolic link"))) {
        try RegularFile.read(link, limit: 10, following: .refused)
      }
    }
  }

  /// Of Kiln's own files the link alone is replaced; what it leads to is not read, and nothing is waited for.
  @Test(.timeLimit(.minutes(15))) func replacesWhatStandsInAFilesPlace() throws {
    try withFolder { root in
      let victim = root.appending("victim")
      try "precious".write(toFile: victim.string, atomically: false, encoding: .utf8)
      chmod(victim.string, 0o600)
      for target in ["victim", "nowhere", "/dev/zero"] {
        let path = root.appending("own")
        _ = unlink(path.string)
        #expect(symlink(target, path.string) == 0)
        if target == "/dev/zero" {
          #expect(throws: FileSystemError.self) { try FileReplacement.replace([.init(path: path, bytes: [1])]) }
          continue
        }
        try FileReplacement.replace([.init(path: path, bytes: [1])])
        #expect(try RegularFile.read(path, limit: 10, following: .refused) == [1])
        #expect(try FileManager.default.attributesOfItem(atPath: path.string)[.posixPermissions] as? Int == 0o644)
      }
      #expect(try String(contentsOfFile: victim.string, encoding: .utf8) == "precious")
      let fifo = root.appending("fifo")
      #expect(mkfifo(fifo.string, 0o600) == 0)
      for isUsers in [true, false] {
        #expect(throws: (any Error).self) {
          try FileReplacement.replace([.init(path: fifo, bytes: [1], isUsers: isUsers)])
        }
      }
    }
  }
}
