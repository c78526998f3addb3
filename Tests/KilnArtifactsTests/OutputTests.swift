import Foundation
import KilnProcesses
import SystemPackage
import Testing

@testable import KilnArtifacts

struct OutputTests {
  private func entry(_ text: String, _ source: String = "environments/acme.yaml") -> Ledger.Entry {
    Ledger.Entry(Artifact(text, source: source))
  }

  @Test func aLedgerIsReadAsItIsWritten() throws {
    let files = [
      "acme/apps/app/Dockerfile": entry("a"), "acme-b/goss.yaml": entry("b"), "acme/.hidden": entry("c"),
      "docker-bake.json": entry("d", "kiln.yaml"), "runtimes/debian-12-1/Dockerfile": entry("e"),
      "runtimes/debian-12-2/files/a \"b\"": entry("f", "environments/\u{e9}.yaml"),
    ]
    let ledger = Ledger(generator: "kiln 1", files: files)
    let bytes = ledger.bytes
    #expect(try Ledger(bytes) == ledger && Ledger(bytes).bytes == bytes)
    // By bytes of the path, whatever units there are.
    let document = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    #expect((document["files"] as? [String: Any])?.count == 6)
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("    \"") }
    #expect(lines == lines.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    // The same document in another layout.
    let other = try JSONSerialization.data(withJSONObject: document, options: [.prettyPrinted])
    #expect(try Ledger(Array(other)) == ledger)
    #expect(try ledger.units["acme"]?.entries() == files.filter { $0.key.hasPrefix("acme/") })
    let empty = Ledger(generator: "kiln 1", files: [:])
    #expect(try Ledger(empty.bytes) == empty)
  }

  @Test(arguments: ["../outside", "/etc/passwd", "a//b", "a/./b", "a/", "a/../../b"])
  func aLedgerNamesNothingOutside(path: String) {
    let text = String(decoding: Ledger(generator: "k", files: ["acme/x": entry("a")]).bytes, as: UTF8.self)
    #expect(throws: LedgerError.self) { try Ledger(Array(text.replacing("acme/x", with: path).utf8)) }
  }

  private func tree(_ files: [String: String]) throws -> ArtifactTree {
    var tree = ArtifactTree()
    for (path, text) in files { try tree.add(path, Artifact(text, source: "environments/a.yaml")) }
    return tree
  }

  private func unit(_ name: String, _ key: String, _ files: [String: String]) throws -> OutputUnit {
    let tree = try tree(files)
    return OutputUnit(name, key: key) { tree }
  }

  /// A folder, and one for the record beside it.
  private func withFolders(_ body: (FilePath, FilePath) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "kiln-output-\(UInt64.random(in: 0 ... .max))")
    defer { try? FileManager.default.removeItem(at: url) }
    try body(FilePath(url.path).appending("out"), FilePath(url.path).appending("record"))
  }

  private func update(_ folder: FilePath, _ record: FilePath, _ units: [OutputUnit]) throws -> OutputFolder.Outcome {
    let output = OutputFolder(
      folder, record: OutputRecord("record", below: record.removingLastComponent(), generator: "k"))
    return try output.locked { try output.apply(try output.compare(with: units, generator: "k")) }
  }

  /// What a run wrote is known to the next one as soon as its files are older than the clock's tick when the run ends; what
  /// somebody edited meanwhile is not.
  @Test func whatThisRunWroteIsKnownToTheNext() throws {
    try withFolders { folder, record in
      // The second takes long: what was written before is then old enough.
      let names = ["a", "c"]
      let units = try names.map { try unit($0, "1", ["\($0)/x": "1", "\($0)/y": "2"]) }
      let slow = OutputUnit("b", key: "1") {
        while !FileManager.default.fileExists(atPath: folder.appending("c/y").string) { usleep(1000) }
        Thread.sleep(forTimeInterval: 0.15)
        // Of equal size.
        try Data("3".utf8).write(to: URL(filePath: folder.appending("c/y").string))
        Thread.sleep(forTimeInterval: 0.15)
        return try tree(["b/x": "1"])
      }
      let output = OutputFolder(
        folder, record: OutputRecord("record", below: record.removingLastComponent(), generator: "k"),
        workers: Workers(count: 3))
      _ = try output.locked { try output.apply(try output.compare(with: units + [slow], generator: "k")) }
      func isKnown(_ name: String) -> Bool {
        let unmade = OutputUnit(name, key: "1") { throw LedgerError("it was made") }
        let output = OutputFolder(
          folder, record: OutputRecord("record", below: record.removingLastComponent(), generator: "k"))
        return (try? output.compare(with: [unmade], generator: "k", isInScope: { _ in false })) != nil
      }
      #expect(isKnown("a") && !isKnown("b") && !isKnown("c"))
    }
  }

  @Test func whatIsKnownIsNotMadeAgainUntilSomebodyTouchesIt() throws {
    try withFolders { folder, record in
      let units = [try unit("a", "1", ["a/x/y": "1", "a/z": "2"])]
      #expect(try update(folder, record, units).created.map(\.files) == [2])
      Thread.sleep(forTimeInterval: 0.3)
      _ = try update(folder, record, units)
      let unmade = [OutputUnit("a", key: "1") { throw LedgerError("it was made") }]
      #expect(try update(folder, record, unmade).unchanged == 2)
      // The same bytes again, a moment later: only reading tells.
      try Data("2".utf8).write(to: URL(filePath: folder.appending("a/z").string))
      #expect(throws: LedgerError.self) { try update(folder, record, unmade) }
      // Another key, another record's generator: made.
      #expect(try update(folder, record, [try unit("a", "2", ["a/z": "3"])]).unchanged == 0)
      #expect(!FileManager.default.fileExists(atPath: folder.appending("a/x").string))
    }
  }

  @Test func aJournalMakesFilesKilns() throws {
    try withFolders { folder, record in
      let before = [try unit("a", "1", ["a/z": "old"])]
      _ = try update(folder, record, before)
      // A run that was killed after it wrote "new" and a unit that is no longer wanted.
      for (path, text) in ["a/z": "new", "b/only": "left", "b/mine": "by hand"] {
        let file = URL(filePath: folder.appending(path).string)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
      let lines = [("a/z", "new"), ("b/only", "left"), ("b/mine", "generated")].map {
        "\(ContentDigest(of: $0.1).hex) \($0.0)\n"
      }
      try Data((lines.joined() + "0123 ../outs").utf8)
        .write(to: URL(filePath: folder.appending(OutputJournal.name).string))
      let output = OutputFolder(folder)
      let units = [try unit("a", "3", ["a/z": "newer"])]
      let delta = try output.compare(with: units, generator: "k")
      #expect(delta.changes.map(\.path) == ["a/z", "b/only"] && delta.changes.allSatisfy { !$0.needsForce })
      _ = try output.apply(delta)
      let left = try FileManager.default.subpathsOfDirectory(atPath: folder.string).sorted()
      #expect(left == ["a", "a/z", "b", "b/mine", "index.json"])
    }
  }
}
