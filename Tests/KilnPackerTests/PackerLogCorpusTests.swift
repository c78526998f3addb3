import Foundation
import KilnDocuments
import KilnPacker
import Testing

/// Logs that nobody here wrote, where the corpus is there; skipped by name where it is not.
struct PackerLogCorpusTests {
  static let folder: URL = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    let corpora =
      ProcessInfo.processInfo.environment["KILN_CORPORA"].map { URL(filePath: $0) }
      ?? root.appending(path: "../shared/corpora").standardized
    return corpora.appending(path: "packer-logs")
  }()

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".log") }.map { String($0.dropLast(4)) }.sorted()
  }()

  @Test(.enabled(if: !names.isEmpty, "the corpus packer-logs is not there"), arguments: names)
  func readsWhatThePeopleRead(_ name: String) throws {
    let bytes = Array(try Data(contentsOf: Self.folder.appending(path: name + ".log")))
    let expected = try #require(
      (try JSONSerialization.jsonObject(with: Data(contentsOf: Self.folder.appending(path: name + ".json")))
        as? [String: Any])?["expected"] as? [String: Any])
    // Whole, and in pieces that cut lines and characters anywhere.
    for size in [max(1, bytes.count), 7] {
      var reader = PackerLogReader()
      for start in stride(from: 0, to: bytes.count, by: size) {
        reader.read(Array(bytes[start..<min(bytes.count, start + size)]))
      }
      let text = JSONRenderer().render(reader.finish().document)
      let actual = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      #expect(actual["outcome"] as? String == expected["outcome"] as? String)
      let builds = try #require(actual["builds"] as? [[String: Any]])
      let wanted = try #require(expected["builds"] as? [[String: Any]])
      #expect(Set(builds.compactMap { $0["name"] as? String }) == Set(wanted.compactMap { $0["name"] as? String }))
      for want in wanted {
        let build = try #require(builds.first { $0["name"] as? String == want["name"] as? String })
        #expect(build["outcome"] as? String == want["outcome"] as? String)
        #expect(build["error"] as? String == want["error"] as? String)
        let artifacts = try #require(build["artifacts"] as? [[String: Any]])
        let wantedArtifacts = try #require(want["artifacts"] as? [[String: Any]])
        #expect(artifacts.map { $0["kind"] as? String } == wantedArtifacts.map { $0["kind"] as? String })
        for (artifact, fields) in zip(artifacts, wantedArtifacts) {
          for (key, value) in fields { #expect((artifact[key] as? NSObject)?.isEqual(value) == true, "\(key)") }
        }
      }
    }
  }
}
