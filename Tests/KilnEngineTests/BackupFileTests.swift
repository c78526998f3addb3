import Foundation
import KilnArtifacts
import KilnContext
import KilnTesting
import SystemPackage
import Testing

@testable import KilnEngine

struct BackupFileTests {
  private static func tar(_ entries: [(ArchiveEntry, String)]) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let writer = try ArchiveWriter(time: 0) { bytes += $0 }
    for (entry, text) in entries {
      try writer.begin(entry)
      try Array(text.utf8).withUnsafeBytes { try writer.write($0) }
    }
    try writer.close()
    return bytes
  }

  private static func file(_ name: String, _ text: String) -> (ArchiveEntry, String) {
    (.init(Array(name.utf8), .file(size: text.utf8.count), mode: 0o600), text)
  }

  private static func volume(_ entries: [(ArchiveEntry, String)]) throws -> String {
    String(decoding: try tar([(.init(VolumeTree.root, .directory), "")] + entries), as: UTF8.self)
  }

  private static func manifest(_ parts: [(kind: String, name: String, file: String, text: String)]) -> String {
    let parts = parts.map { part in
      """
      {"kind": "\(part.kind)", "name": "\(part.name)", "file": "\(part.file)",
       "sha256": "\(ContentDigest(of: part.text).hex)", "bytes": \(part.text.utf8.count)}
      """
    }
    return #"{"schemaVersion": 1, "customer": "acme", "parts": [\#(parts.joined(separator: ", "))]}"#
  }

  /// - Returns: The problem; nil for none.
  private func check(_ bytes: [UInt8]) throws -> String? {
    try withFolder { folder in
      let path = folder.appending(path: "backup.tar")
      try Data(bytes).write(to: path)
      let backup = try BackupFile(FilePath(path.path))
      do {
        let manifest = try backup.check()
        for part in manifest.parts { try backup.read(part) { try $0.finish() } }
        return nil
      } catch let problem as BackupProblem { return problem.text }
    }
  }

  @Test func aWholeBackupIsTaken() throws {
    let files = try Self.volume([Self.file("a", "1")])
    let manifest = Self.manifest([
      ("dump", "redis", "dumps/redis.rdb", "dump"), ("volume", "care-uploads", "volumes/care-uploads.tar", files),
    ])
    #expect(
      try check(
        Self.tar([
          Self.file("dumps/redis.rdb", "dump"), Self.file("volumes/care-uploads.tar", files),
          Self.file("manifest.json", manifest),
        ])) == nil)
  }

  @Test func whatIsNotAsKilnWritesItIsRefused() throws {
    let dump = Self.file("dumps/redis.rdb", "dump")
    let redis = ("dump", "redis", "dumps/redis.rdb", "dump")
    let attack = try Self.volume([Self.file("../a", "1")])
    let rejects: [(entries: [(ArchiveEntry, String)], problem: String)] = [
      ([dump], "manifest.json is not in it: it is no backup of Kiln's, or not whole"),
      ([dump, Self.file("manifest.json", "{}")], "manifest.json is not what Kiln writes"),
      (
        [dump, Self.file("manifest.json", #"{"schemaVersion": 2}"#)],
        "manifest.json has schemaVersion 2, which this Kiln does not know"
      ),
      ([dump, Self.file("manifest.json", Self.manifest([]))], "manifest.json does not name dumps/redis.rdb"),
      ([Self.file("manifest.json", Self.manifest([redis]))], "dumps/redis.rdb is not in it"),
      ([dump, dump, Self.file("manifest.json", Self.manifest([redis]))], "dumps/redis.rdb is there twice"),
      ([Self.file("manifest.json", Self.manifest([redis])), dump], "dumps/redis.rdb comes after manifest.json"),
      ([(.init(Array("dumps".utf8), .directory), "")], "dumps is no file"),
      (
        [Self.file("dumps/redis.rdb", "dumb"), Self.file("manifest.json", Self.manifest([redis]))],
        "dumps/redis.rdb is not what manifest.json says: its SHA-256 is \(ContentDigest(of: "dumb").hex)"
      ),
      (
        [dump, Self.file("manifest.json", Self.manifest([("volume", "redis", "dumps/redis.rdb", "dump")]))],
        "dumps/redis.rdb is no volume"
      ),
      (
        [dump, Self.file("manifest.json", Self.manifest([redis, redis]))], "manifest.json names a part twice"
      ),
      ([Self.file("volumes/a.tar", attack)], "volumes/a.tar: ../a leaves the volume"),
      ([Self.file("volumes/a.tar", "no tar")], "volumes/a.tar cannot be read to its end: Unrecognized archive format"),
    ]
    for (entries, problem) in rejects { #expect(try check(Self.tar(entries)) == problem) }
    let whole = try Self.tar([dump, Self.file("manifest.json", Self.manifest([redis]))])
    #expect(
      try check(Array(whole.prefix(1024))) == "manifest.json is not in it: it is no backup of Kiln's, or not whole")
    #expect(try check(Array(whole.prefix(600)))?.hasPrefix("it cannot be read to its end") == true)
  }
}
