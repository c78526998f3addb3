import Foundation
import KilnArtifacts
import SystemPackage
import Testing

@testable import KilnContext

/// What `kiln prune` finds in `dist`, and what it leaves alone.
struct ContextRemainsTests {
  private func stage(_ root: FilePath, _ image: String, _ text: String, isHandedOut: Bool = false) throws {
    try ContextPackerTests.write(root.appending("src"), "a", text)
    let link = root.appending("dist/contexts").pushing(FilePath(image))
    _ = try ContextStage(link, below: root).update(
      ContextSource(folder: root.appending("src")), isHandedOut: isHandedOut)
  }

  private func digests(_ root: FilePath, _ image: String) -> [String] {
    let path = root.appending("dist/contexts").pushing(FilePath(image + ".staged")).string
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.count == 64 }
  }

  @Test func whatIsCurrentOrInUseStays() throws {
    try ContextPackerTests.withFolder { root in
      try stage(root, "acme/app", "1234", isHandedOut: true)
      try stage(root, "acme/app", "12345678")
      try stage(root, "gone/services/redis", "123")
      try stage(root, "runtimes/debian-12-0", "12", isHandedOut: true)
      let remains = ContextRemains(dist: root.appending("dist"), known: ["acme/app"], isAll: false)
      // What was handed out just now may be read by a bake.
      #expect(try remains.items().map(\.image) == ["gone/services/redis"])
      // With the records of it.
      #expect(try remains.items().allSatisfy { (3..<1000).contains($0.bytes) })
      for item in try remains.items() { try remains.remove(item) }
      #expect(try remains.items() == [])
      #expect(!FileManager.default.fileExists(atPath: root.appending("dist/contexts/gone").string))
      #expect(digests(root, "acme/app").count == 2 && digests(root, "runtimes/debian-12-0").count == 1)
      // With everything, the newest goes as well, and is made again by the next build.
      let all = ContextRemains(dist: root.appending("dist"), known: ["acme/app"], isAll: true)
      #expect(try all.items().map(\.image) == ["acme/app"])
      for item in try all.items() { try all.remove(item) }
      try stage(root, "acme/app", "12345678")
      #expect(digests(root, "acme/app").count == 2)
    }
  }

  @Test func onlyArchivesThatKilnNotedAreTaken() throws {
    try ContextPackerTests.withFolder { root in
      let dist = root.appending("dist")
      for (path, text) in [
        ("gone/app.tar", "12345"), ("gone/.app.tar.kiln-state.json", "{}"), ("gone/backup.tar", "mine"),
        ("gone/local.json", "{}"), ("acme/app.tar", "1"), ("acme/.app.tar.kiln-state.json", "{}"),
      ] { try ContextPackerTests.write(dist, path, text) }
      let remains = ContextRemains(dist: dist, known: ["acme/app"], isAll: false)
      let items = try remains.items()
      #expect(items.map(\.image) == ["gone/app"] && items.map(\.kind) == [.archive] && items.map(\.bytes) == [5])
      for item in items { try remains.remove(item) }
      let names = try FileManager.default.contentsOfDirectory(atPath: dist.appending("gone").string).sorted()
      #expect(names == ["backup.tar", "local.json"])
    }
  }

  /// Nothing is found or removed where a link leads to.
  @Test func noLinkIsFollowed() throws {
    try ContextPackerTests.withFolder { root in
      let digest = String(repeating: "a", count: 64)
      let outside = root.appending("outside")
      try ContextPackerTests.write(outside, "app.staged/\(digest)/app/precious", "1")
      try ContextPackerTests.write(outside, "app.tar", "1")
      try ContextPackerTests.write(outside, ".app.tar.kiln-state.json", "{}")
      try ContextPackerTests.write(root, "dist/contexts/real/apps/app.staged/x", "1")
      for link in ["dist/gone", "dist/contexts/gone", "dist/contexts/real/linked.staged"] {
        #expect(symlink(outside.string, root.pushing(FilePath(link)).string) == 0)
      }
      let remains = ContextRemains(dist: root.appending("dist"), known: [], isAll: true)
      #expect(try remains.items() == [])
      // One that takes a folder's place between the two.
      let item = ContextRemains.Item(
        kind: .archive, image: "gone/app", paths: ["gone/app.tar"], bytes: 0)
      #expect(throws: FileSystemError.self) { try remains.remove(item) }
      #expect(FileManager.default.fileExists(atPath: outside.appending("app.tar").string))
      // dist itself.
      #expect(symlink(outside.string, root.appending("other").string) == 0)
      let other = ContextRemains(dist: root.appending("other"), known: [], isAll: true)
      #expect(throws: FileSystemError.self) { try other.items() }
    }
  }
}
