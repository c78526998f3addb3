import KilnContext
import Testing

@testable import KilnEngine

struct VolumeTreeTests {
  private static let root = ArchiveEntry(VolumeTree.root, .directory)

  private static func file(_ path: String) -> ArchiveEntry { .init(Array(path.utf8), .file(size: 0)) }
  private static func folder(_ path: String) -> ArchiveEntry { .init(Array(path.utf8), .directory) }
  private static func link(_ path: String, _ target: String) -> ArchiveEntry {
    .init(Array(path.utf8), .symbolicLink(target: Array(target.utf8)))
  }
  private static func name(_ path: String, of target: String) -> ArchiveEntry {
    .init(Array(path.utf8), .hardLink(target: Array(target.utf8)))
  }

  private static func check(_ entries: [ArchiveEntry]) -> String? {
    var tree = VolumeTree()
    do {
      for entry in entries { try tree.add(entry) }
      return nil
    } catch { return (error as? BackupProblem)?.text ?? "\(error)" }
  }

  /// A folder comes before what is in it, and that before its neighbours, whatever bytes names have.
  @Test func takesWhatIsSortedByNames() {
    let entries = [
      Self.root, Self.folder("a"), Self.folder("a/b"), Self.file("a/b/c"), Self.link("a/l", "/etc/passwd"),
      Self.file("a-b"),
      Self.name("z", of: "a/b/c"), Self.name("zz", of: "a/l"),
    ]
    #expect(Self.check(entries) == nil)
  }

  private static let rejects: [(String, [ArchiveEntry], String)] = [
    (
      "deeper than a system opens", [root, name("z", of: String(repeating: "a/", count: 50_000) + "a")],
      "z has a path that no system opens"
    ),
    ("no root", [file("a")], "a comes before the volume's own folder"),
    ("root is a file", [file(".")], ". comes before the volume's own folder"),
    ("above", [root, file("../a")], "../a leaves the volume"),
    ("above, inside", [root, folder("a"), file("a/../../b")], "a/../../b leaves the volume"),
    ("absolute", [root, file("/etc/passwd")], "/etc/passwd leaves the volume"),
    ("root again", [root, folder(".")], ". leaves the volume"),
    ("through a link", [root, link("a", "/etc"), file("a/passwd")], "a/passwd is in no folder of the volume"),
    ("through a file", [root, file("a"), file("a/b")], "a/b is in no folder of the volume"),
    ("no folder", [root, file("a/b")], "a/b is in no folder of the volume"),
    (
      "folder, then a link of its name", [root, folder("a"), link("a", "/etc"), file("a/passwd")],
      "a is not in its place: entries are sorted, and each is there once"
    ),
    ("unsorted", [root, file("b"), file("a")], "a is not in its place: entries are sorted, and each is there once"),
    (
      "left folder", [root, folder("a"), file("b"), file("a/c")],
      "a/c is not in its place: entries are sorted, and each is there once"
    ),
    ("device", [root, .init(Array("d".utf8), .special("a device"))], "d is a device"),
    ("name of an absolute path", [root, name("a", of: "/etc/passwd")], "a leaves the volume"),
    ("name of a path above", [root, name("a", of: "../x")], "a leaves the volume"),
    (
      "name through a link", [root, link("a", "/etc"), name("b", of: "a/passwd")],
      "b is another name of what a link leads to"
    ),
    (
      "name through another name of a link", [root, link("a", "/etc"), name("b", of: "a"), name("c", of: "b/passwd")],
      "c is another name of what a link leads to"
    ),
    ("name of what follows", [root, name("a", of: "b"), file("b")], "a is another name of what is not there"),
    ("work folder", [root, folder(".kiln-restore-1")], ".kiln-restore-1 has a name that Kiln uses itself"),
    ("empty link", [root, link("a", "")], "a is a link that leads nowhere"),
  ]

  @Test(arguments: rejects.indices) func refuses(_ index: Int) {
    let (name, entries, expected) = Self.rejects[index]
    #expect(Self.check(entries) == expected, "\(name)")
  }
}
