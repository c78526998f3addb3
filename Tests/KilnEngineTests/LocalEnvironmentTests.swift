import Foundation
import KilnArtifacts
import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnGeneration
import KilnPlan
import KilnProcesses
import KilnTesting
import SystemPackage
import Testing

@testable import KilnEngine

struct StagedTreeTests {
  private func withStage(_ body: (URL, () throws -> StagedTree) throws -> Void) throws {
    try withFolder { folder in
      let source = folder.appending(path: "source")
      try FileManager.default.createDirectory(at: source, withIntermediateDirectories: true)
      let stage = FilePath(folder.appending(path: "stage").path)
      var context = ContextSource(folder: FilePath(source.path))
      context.folder = "app"
      try body(source) {
        try StagedTree(stage: ContextStage(stage, below: FilePath(folder.path)).update(context).folder)
      }
    }
  }

  private func write(_ text: String, _ file: URL) throws {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: file, atomically: true, encoding: .utf8)
  }

  @Test func everyKindOfEditIsAChange() throws {
    try withStage { source, stage in
      for name in ["same", "edited", "renamed", "gone", "folder/inner", "becomes-folder", "becomes-link"] {
        try write("one", source.appending(path: name))
      }
      let before = try stage()
      #expect(try stage().changes(since: before) == .init())

      let files = FileManager.default
      // Of equal size, as by `sed -i`: another file under the name.
      try write("two", source.appending(path: "edited"))
      try files.moveItem(at: source.appending(path: "renamed"), to: source.appending(path: "renamed-to"))
      for name in ["gone", "folder", "becomes-folder", "becomes-link"] {
        try files.removeItem(at: source.appending(path: name))
      }
      try write("new", source.appending(path: "becomes-folder/new"))
      try files.createSymbolicLink(
        atPath: source.appending(path: "becomes-link").path, withDestinationPath: "/etc/passwd")
      let changes = try stage().changes(since: before)
      func text(_ paths: [[UInt8]]) -> [String] { paths.map { String(decoding: $0, as: UTF8.self) } }
      #expect(
        text(changes.removed) == ["becomes-folder", "becomes-link", "folder", "folder/inner", "gone", "renamed"])
      #expect(
        text(changes.written) == ["becomes-folder", "becomes-folder/new", "becomes-link", "edited", "renamed-to"])
    }
  }

  @Test func laterChangesAreOnTopOfThoseThatWait() {
    func paths(_ names: String...) -> [[UInt8]] { names.map { Array($0.utf8) } }
    var changes = StagedTree.Changes(removed: paths("old"), written: paths("a", "b"))
    changes.add(.init(removed: paths("a"), written: paths("c", "old")))
    #expect(changes == .init(removed: paths("a", "old"), written: paths("b", "c", "old")))
  }

  @Test func linksArePackedAsLinks() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "kiln-\(UInt64.random(in: 0 ... .max))")
    defer { try? FileManager.default.removeItem(at: folder) }
    let app = folder.appending(path: "app")
    try FileManager.default.createDirectory(at: app, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: app.appending(path: "out").path, withDestinationPath: "/etc/passwd")
    let tree = try StagedTree(stage: FilePath(folder.path))
    var archives: [[UInt8]] = []
    try await tree.archives(of: tree.entries.keys.sorted { $0.lexicographicallyPrecedes($1) }) { archives.append($0) }
    let bytes = try #require(archives.first)
    #expect(archives.count == 1)
    // The type of the entry, and where it leads.
    #expect(bytes[156] == UInt8(ascii: "2"))
    #expect(String(decoding: bytes[157..<168], as: UTF8.self) == "/etc/passwd")
  }
}

struct ForeignFoldersTests {
  @Test func whatOthersMayExchangeIsWrittenAsThem() {
    func paths(_ names: String...) -> [[UInt8]] { names.map { Array($0.utf8) } }
    let folders = ForeignFolders(listing: "33:33 sub\u{0}0:50 shared/inner\u{0}")
    let parts = folders.parts(
      of: .init(
        removed: paths("gone", "sub", "sub/gone"),
        written: paths("a", "shared/inner/x", "shared/y", "sub", "sub/inner/profile", "sub-two/x")))
    #expect(parts.map(\.account) == ["0", "33:33", "65534:50"])
    #expect(
      parts[0].changes == .init(removed: paths("gone", "sub"), written: paths("a", "shared/y", "sub", "sub-two/x")))
    #expect(parts[1].changes == .init(removed: paths("sub/gone"), written: paths("sub/inner/profile")))
    #expect(parts[2].changes == .init(written: paths("shared/inner/x")))
    // The folder itself, or one on the way to it.
    let way = ForeignFolders(onTheWay: "33:33 /home/x\u{0}0:0 /home/x/app\u{0}")
    #expect(way?.parts(of: .init(written: paths("a", "sub/b"))).map(\.account) == ["33:33"])
    #expect(ForeignFolders(onTheWay: "") == nil)
    #expect(ForeignFolders.command(onTheWayTo: "/home/x")[1...3] == ["/", "/home", "/home/x"])
    #expect(ForeignFolders(listing: "33:33 \u{0}").parts(of: .init(written: paths("a"))).map(\.account) == ["33:33"])
    #expect(ForeignFolders(listing: "").parts(of: .init(written: paths("a"))).map(\.account) == ["0"])
  }
}

struct LocalStateTests {
  @Test func whatIsNotThisAccountsAloneIsNotBelieved() throws {
    try withFolder { root in
      let folder = LocalFolder(FilePath(root.path), "acme")
      try folder.make()
      var state = LocalState()
      state.project = "acme-2"
      try state.write(to: folder)
      #expect(LocalState(readingFrom: folder).project == "acme-2" && LocalState(readingFrom: folder).key == state.key)
      let file = folder.path.appending(LocalState.name).string
      #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
      // The state of another place, as one that a checkout brought.
      var text = try String(contentsOfFile: file, encoding: .utf8)
      text = text.replacing(folder.workspace, with: String(folder.workspace.reversed()))
      try text.write(toFile: file, atomically: false, encoding: .utf8)
      #expect(LocalState(readingFrom: folder).project == nil)
      try state.write(to: folder)
      // As a checkout leaves it.
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
      #expect(LocalState(readingFrom: folder).project == nil)
    }
  }

  @Test func aFolderThatIsALinkIsNotUsed() throws {
    try withFolder { root in
      let victim = root.appending(path: "victim")
      for folder in ["victim", "dist/globex"] {
        try FileManager.default.createDirectory(at: root.appending(path: folder), withIntermediateDirectories: true)
      }
      for link in ["dist/acme", "dist/globex/mount"] {
        try FileManager.default.createSymbolicLink(at: root.appending(path: link), withDestinationURL: victim)
      }
      #expect(throws: FileSystemError.self) { try LocalFolder(FilePath(root.path), "acme").make() }
      #expect(throws: FileSystemError.self) { try LocalFolder(FilePath(root.path), "globex").folder("mount") }
      #expect(try FileManager.default.contentsOfDirectory(atPath: victim.path).isEmpty)
    }
  }

  @Test func keyedDigestsAreThoseOfRFC4231() {
    #expect(
      KeyedDigest.hex(of: Array("what do ya want for nothing?".utf8), key: "Jefe")
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  }

  @Test func workingCopiesAreToldApart() throws {
    try withFolder { folder in
      let copies = ["one", "two"].map { folder.appending(path: $0) }
      for copy in copies { try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true) }
      let link = folder.appending(path: "link")
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: copies[0])
      let ids = (copies + [link]).map { WorkspaceIdentity(root: FilePath($0.path)).id }
      #expect(ids[0] != ids[1] && ids[0] == ids[2])
    }
  }

  @Test func oneAtATimeHasTheLockAndItsHolderIsKnown() throws {
    try withFolder { folder in
      let file = FilePath(folder.appending(path: "up.lock").path)
      guard case .taken(let lock) = try EnvironmentLock.attempt(file) else { throw Interruption.Failure() }
      guard case .busy(let holder) = try EnvironmentLock.attempt(file) else { throw Interruption.Failure() }
      #expect(holder == Int(getpid()))
      lock.release()
      guard case .taken = try EnvironmentLock.attempt(file) else { throw Interruption.Failure() }
    }
  }
}

struct SecretFilesTests {
  private func value(_ text: String, _ service: String = "app") -> SecretFiles.Value {
    .init(
      secret: .init(service: service, use: .init(reader: .app("app"), file: "TOKEN", variable: "TOKEN")),
      bytes: Array(text.utf8))
  }

  @Test func onlyNamedAccountsReadThemAndNobodyEntersTheFolder() throws {
    let files = try SecretFiles(named: nil, mark: "01234567")
    defer { SecretFiles.remove(named: files.name) }
    try files.write([value("s3cret")]) { _ in [33, 0, 33] }
    func mode(_ path: FilePath) throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: path.string)[.posixPermissions] as? Int
    }
    #expect(try mode(files.folder) == 0o700 && mode(files.folder.appending("app")) == 0o700)
    #expect(try mode(files.folder.appending("app").appending("TOKEN")) == 0o440)
    #expect(try SecretFiles(named: files.name, mark: "01234567").folder == files.folder)
    SecretFiles.remove(named: files.name)
    #expect(!FileManager.default.fileExists(atPath: files.folder.string))
  }

  @Test func aFolderThatOthersMayEnterIsNotUsed() throws {
    let files = try SecretFiles(named: nil, mark: "01234567")
    defer { SecretFiles.remove(named: files.name) }
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: files.folder.string)
    let other = try SecretFiles(named: files.name, mark: "01234567")
    defer { SecretFiles.remove(named: other.name) }
    #expect(other.folder != files.folder)
    // A name that leads elsewhere is none.
    let third = try SecretFiles(named: "../../etc", mark: "01234567")
    defer { SecretFiles.remove(named: third.name) }
    #expect(third.folder.removingLastComponent() == SecretFiles.place)
  }

  @Test func accessListsAreAsTheKernelReadsThem() {
    #expect(
      AccessList([33]).bytes == [2, 0, 0, 0]
        + [1, 0, 4, 0, 255, 255, 255, 255] + [2, 0, 4, 0, 33, 0, 0, 0] + [4, 0, 0, 0, 255, 255, 255, 255]
        + [16, 0, 4, 0, 255, 255, 255, 255] + [32, 0, 0, 0, 255, 255, 255, 255])
  }

  @Test func aChangedValueIsSeenAndNotSaid() {
    let one = SecretFiles.digest(of: [value("one")], key: "k")
    #expect(one == SecretFiles.digest(of: [value("one")], key: "k"))
    #expect(SecretFiles.isOther(one, than: SecretFiles.digest(of: [value("two")], key: "k")))
    // Under another key nothing can be said.
    #expect(!SecretFiles.isOther(one, than: SecretFiles.digest(of: [value("two")], key: "other")))
    #expect(!SecretFiles.isOther("", than: one))
  }
}

struct LocalEnvironmentTests {
  @Test func customersThatLeadElsewhereAreRefused() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "kiln-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let context = RecordedContext(folder)
    let error = #expect(throws: CommandError.self) {
      try LocalEnvironment("../../x", root: FilePath(folder.path), context.context)
    }
    #expect(error?.diagnostics.first?.message.contains("is no customer") == true)
  }
}

struct ComposeLogsTests {
  /// Who reads a log on a terminal is not controlled by who writes it.
  @Test(arguments: [false, true]) func whatAContainerPrintsControlsNothing(isTerminal: Bool) async throws {
    let runner = ScriptedRunner([
      .run("docker compose --project-name acme logs app", output: "app-1  | \u{1B}]52;c;aGk=\u{7}##vso[x]\n")
    ])
    let recorded = RecordedContext(FileManager.default.temporaryDirectory, processes: runner, isTerminal: isTerminal)
    #expect(try await ComposeProject(customer: "acme", name: "acme", context: recorded.context).logs(["app"]) == 0)
    runner.finish()
    #expect(recorded.output == "app-1  | ## vso[x]\n")
  }
}
