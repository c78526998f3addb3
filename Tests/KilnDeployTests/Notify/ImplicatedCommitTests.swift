import KilnDeploy
import Testing

struct ImplicatedCommitTests {
  private static func commit(_ hash: String, _ files: String...) -> ReleaseCommit {
    ReleaseCommit(hash: hash, author: "A", subject: "S", files: files)
  }

  private static let cases: [(name: String, paths: [String], hash: String, file: String?)] = [
    ("newest that touches the folder", ["apps/care"], "b", "apps/care/x"),
    ("the spec", ["apps/other", "environments/acme.yaml"], "d", "environments/acme.yaml"),
    ("a folder is not the beginning of a name", ["apps/car"], "a", nil),
    ("written with a dot and a slash", ["./apps/care/"], "b", "apps/care/x"),
    ("all of the repository", ["."], "a", "apps/care2/x"),
    ("a submodule above the folder", ["modules/shop/src"], "c", "modules/shop"),
    ("none: the newest", ["elsewhere"], "a", nil),
    ("no path is known: the newest", [], "a", nil),
  ]

  @Test(arguments: cases)
  func followsTheRule(name: String, paths: [String], hash: String, file: String?) {
    let commits = [
      Self.commit("a", "apps/care2/x", "docs/y"), Self.commit("b", "docs/z", "apps/care/x"),
      Self.commit("c", "modules/shop"), Self.commit("d", "environments/acme.yaml"), Self.commit("e", "apps/care/x"),
    ]
    let found = ImplicatedCommit(among: commits, touching: paths)
    #expect(found?.commit.hash == hash, "\(name)")
    #expect(found?.file == file, "\(name)")
  }

  @Test func thereIsNoneWithoutCommits() {
    #expect(ImplicatedCommit(among: [], touching: ["apps/care"]) == nil)
  }

  @Test func commitsAreReadFromRecords() throws {
    let commit = try #require(ReleaseCommit(record: "0a1b2c Ann Lee: fix: a colon"))
    #expect((commit.hash, commit.author, commit.subject) == ("0a1b2c", "Ann Lee", "fix: a colon"))
    #expect(commit.record == "0a1b2c Ann Lee: fix: a colon")
  }

  @Test(arguments: ["", "0a1b2c", "0a1b2c Ann", "not-a-hash Ann: x", " Ann: x"])
  func otherLinesAreNoCommits(line: String) { #expect(ReleaseCommit(record: line) == nil) }
}
