import Foundation
import SystemPackage
import Testing

@testable import KilnArtifacts

/// Where Git's own folder is, is said by the checkout.
struct ContainmentTests {
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "kiln-place-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url)
  }

  private func write(_ files: [String: String], in root: URL) throws {
    for (path, text) in files {
      let file = root.appending(path: path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: false, encoding: .utf8)
    }
  }

  private func place(_ path: String, _ root: String, allowed: [String] = [], in folder: URL) -> String {
    let top = FilePath(folder.path)
    let containment = Containment(root: top.pushing(FilePath(root)), allowed: allowed.map { top.pushing(FilePath($0)) })
    return switch containment.place(of: top.pushing(FilePath(path))) {
    case .inside: "inside"
    case .outside: "outside"
    case .owned(by: .git): "git"
    case .owned(by: .kiln): "kiln"
    case .absent: "absent"
    }
  }

  /// What a bake leaves may hold secrets, in whatever workspace; an app's own `dist` is none of Kiln's.
  @Test(arguments: [
    ("r/w/dist", "kiln"), ("r/w/dist/acme/parameters/p.json", "kiln"), ("r/w/dist/none", "kiln"),
    ("r/w/DIST/x", "kiln"),
    ("r/link", "kiln"), ("r/moved/dist/acme/apps/app.tar", "kiln"),
    ("r/w/apps/a/dist/x.js", "inside"), ("r/w/distant", "absent"), ("r/w/app/../dist", "kiln"),
  ]) func knowsWhatKilnLeaves(_ path: String, _ expected: String) throws {
    try withFolder { folder in
      try write(
        [
          "r/.git/config": "", "r/w/kiln.yaml": "", "r/w/dist/acme/parameters/p.json": "", "r/w/apps/a/dist/x.js": "",
          "r/w/app/x": "", "r/moved/dist/.images": "", "r/moved/dist/acme/apps/app.tar": "",
        ], in: folder)
      try FileManager.default.createSymbolicLink(
        at: folder.appending(path: "r/link"), withDestinationURL: folder.appending(path: "r/w/dist/acme"))
      #expect(place(path, "r/w", in: folder) == expected)
    }
  }

  @Test(arguments: [
    ("r/app", "inside"), ("r/.git", "git"), ("r/.git/config", "git"), ("r/.git/none", "git"), ("r/.GIT/none", "git"),
    ("r/app/../.git/config", "git"), ("r/sub/.git", "git"), ("r/sub/.git/none", "git"), ("r/.gitignore", "inside"),
    ("r/site.git/file", "inside"), ("r/none", "absent"), ("x", "outside"), ("r/link/config", "git"),
  ]) func knowsGitsFolder(_ path: String, _ expected: String) throws {
    try withFolder { folder in
      try write(
        [
          "r/.git/config": "", "r/app/a": "", "r/sub/.git": "gitdir: ../.git/modules/sub\n", "r/.gitignore": "",
          "r/site.git/file": "", "x": "",
        ], in: folder)
      try FileManager.default.createSymbolicLink(
        atPath: folder.appending(path: "r/link").path, withDestinationPath: ".git")
      #expect(place(path, "r", in: folder) == expected)
      #expect(place(path, "r/app", allowed: ["r/.git"], in: folder) == expected)
    }
  }

  /// The folder has another name: a bare clone with worktrees, a separate folder, a link.
  @Test func findsGitsFolderByWhatTheCheckoutSays() throws {
    try withFolder { folder in
      try write(
        [
          "r/.git": "gitdir: ./.bare/worktrees/r\n", "r/.bare/worktrees/r/commondir": "../..\n", "r/.bare/config": "",
          "r/app/a": "",
        ], in: folder)
      for path in ["r/.git", "r/.bare/config", "r/.bare/worktrees/r/commondir"] {
        #expect(place(path, "r", in: folder) == "git")
      }
      #expect(place("r/app/a", "r", in: folder) == "inside")
      try write(["l/data/config": "", "l/app/a": ""], in: folder)
      try FileManager.default.createSymbolicLink(
        atPath: folder.appending(path: "l/.git").path, withDestinationPath: "data")
      #expect(place("l/data/config", "l", in: folder) == "git")
      #expect(place("l/app/a", "l", in: folder) == "inside")
    }
  }

  /// A worktree may be inside of a bare repository, or below a folder `.git`.
  @Test(arguments: ["r.git/main", ".git/main"]) func aWorktreeInsideOfItsRepositoryIsReadable(_ root: String) throws {
    try withFolder { folder in
      let repository = root.split(separator: "/")[0]
      try write(
        [
          "\(repository)/config": "", "\(repository)/worktrees/main/commondir": "../..\n",
          "\(root)/.git": "gitdir: ../worktrees/main\n", "\(root)/app/a": "",
        ], in: folder)
      #expect(place("\(root)/app/a", root, in: folder) == "inside")
      #expect(place("\(root)/.git", root, in: folder) == "git")
      #expect(place("\(repository)/config", root, in: folder) == "outside")
    }
  }
}
