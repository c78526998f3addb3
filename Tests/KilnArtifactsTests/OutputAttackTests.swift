import Foundation
import KilnProcesses
import SystemPackage
import Testing

@testable import KilnArtifacts

/// Ledgers, journals and folders that somebody else committed.
struct OutputAttackTests {
  func entry(_ text: String) -> Ledger.Entry { Ledger.Entry(Artifact(text, source: "environments/acme.yaml")) }

  var ledger: String {
    String(
      decoding: Ledger(generator: "k", files: ["acme/x": entry("a"), "acme/y": entry("b")]).bytes, as: UTF8.self)
  }

  static let digest = String(repeating: "0a", count: 32)

  /// What stands for `acme/x`'s line, and whether it is one that the decoder takes.
  @Test(arguments: [
    // A second entry, or a third, behind the first.
    (
      #"    "acme/x": {"executable": false, "sha256": "D", "source": "s"}, "../../v": {"executable": false, "sha256": "D", "source": "s"}"#,
      false
    ),
    (
      #"    "acme/x": {"executable": false, "sha256": "D", "source": "s"}, "acme/z": {"executable": false, "sha256": "D", "source": "s"}"#,
      true
    ),
    (#"    "acme/x": {"executable": false, "sha256": "D", "source": "s", "../v": 1}"#, true),
    (#"    "acme/x" : {"executable": false, "sha256": "D", "source": "s"}"#, true),
    (#"    "acme\u002fx": {"executable": false, "sha256": "D", "source": "s"}"#, true),
    (#"    "acme\u002f..\u002fx": {"executable": false, "sha256": "D", "source": "s"}"#, false),
    (#"    "\u002e\u002e/x": {"executable": false, "sha256": "D", "source": "s"}"#, false),
    (#"    "acme/x": {"executable": false, "sha256": "d", "source": "s"}"#, false),
    (#"    "acme/x": {"executable": false, "sha256": "DD", "source": "s"}"#, false),
    (#"    "acme/x": {"executable": false, "sha256": "D", "source": "s\u001b[2J"}"#, false),
    (#"    "acme/x": {"executable": false, "sha256": "D", "source": "s\n##vso[task]"}"#, false),
    ("    \"acme/x\": {\"executable\": false, \"sha256\": \"D\", \"source\": \"s\u{9b}2J\"}", false),
    ("    \"acme/x\": {\"executable\": false, \"sha256\": \"D\", \"source\": \"s\u{2028}\"}", false),
    (#"    "acme/x": {"executable": 1, "sha256": "D", "source": "s"}"#, false),
    (#"    "index.json": {"executable": false, "sha256": "D", "source": "s"}"#, false),
    (#"    ".git/HEAD": {"executable": false, "sha256": "D", "source": "s"}"#, false),
    (#"    ".kiln-new/x": {"executable": false, "sha256": "D", "source": "s"}"#, false),
    (#"    "..": {"executable": false, "sha256": "D", "source": "s"}"#, false),
    (#"    "acme/y": {"executable": false, "sha256": "D", "source": "s"}"#, true),
    ("    \"acme/\u{e9}\": {\"executable\": false, \"sha256\": \"D\", \"source\": \"\u{e9}\"}", true),
  ])
  func aLedgersLineIsOneEntryOrNone(line: String, isRead: Bool) throws {
    var lines = ledger.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    lines[2] = line.replacing("D", with: Self.digest) + ","
    let bytes = Array(lines.joined(separator: "\n").utf8)
    let read = try? Ledger(bytes)
    #expect((read != nil) == isRead)
    for lines in read?.units.values.map({ $0 }) ?? [] {
      for path in try lines.entries().keys { #expect(RelativePath(path) != nil) }
    }
    if let read { #expect(try Ledger(read.bytes) == read) }
  }

  @Test(arguments: [
    "\(digest) ../x\n", "\(digest) /etc/passwd\n", "\(digest)\n", "0123 acme/x\n", "\n",
    "\(digest) acme/\u{1b}[2J\n", "\(digest) acme/x\r\n", "\(digest) index.json\n", "\(digest) .git/HEAD\n",
    "\(digest.uppercased()) acme/x\n",
  ])
  func aJournalsLineIsOneFileOrNone(line: String) throws {
    let good = "\(Self.digest) acme/a\n"
    #expect(throws: LedgerError.self) { try OutputJournal(Array((line + good).utf8)) }
    // What a kill cut off is no line.
    let torn = try OutputJournal(Array((good + line.dropLast()).utf8))
    #expect(Array(torn.files(of: "acme").keys) == ["acme/a"])
    #expect(try OutputJournal(torn.bytes) == torn)
  }

  // MARK: Folders

  func withFolder(_ body: (FilePath) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "kiln-output-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(FilePath(url.path))
  }

  func write(_ text: String, _ path: FilePath) throws {
    let file = URL(filePath: path.string)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  func link(_ path: FilePath, to target: String) throws {
    try? FileManager.default.removeItem(atPath: path.string)
    try FileManager.default.createSymbolicLink(atPath: path.string, withDestinationPath: target)
  }

  func unit(_ name: String, _ files: [String: String]) throws -> OutputUnit {
    var tree = ArtifactTree()
    for (path, text) in files { try tree.add(path, Artifact(text, source: "environments/a.yaml")) }
    let made = tree
    return OutputUnit(name, key: ContentDigest(of: files.description.sorted().description).hex) { made }
  }

  func folder(_ root: FilePath, stop: OutputStop? = nil) -> OutputFolder {
    let record = OutputRecord("record", below: root, generator: "k")
    var folder = OutputFolder(root.appending("out"), record: record, workers: Workers(count: 1))
    folder.stop = stop
    return folder
  }

  func run(_ root: FilePath, _ units: [OutputUnit], stop: OutputStop? = nil) throws {
    let folder = folder(root, stop: stop)
    _ = try folder.locked { try folder.apply(try folder.compare(with: units, generator: "k")) }
  }

  func contents(_ root: FilePath) throws -> [String] {
    let out = root.appending("out").string
    return try FileManager.default.subpathsOfDirectory(atPath: out).sorted().map {
      "\($0) \((try? String(contentsOfFile: "\(out)/\($0)", encoding: .utf8)) ?? "/")"
    }
  }

  /// A link at each place of the output folder leads out of it: nothing is written, removed or read there.
  @Test(arguments: [
    "acme", "acme/app", "runtimes", "runtimes/r", ".kiln-journal", ".kiln-new", "index.json",
  ])
  func noLinkIsFollowed(place: String) throws {
    try withFolder { root in
      let before = [
        try unit("acme", ["acme/app/x": "x", "acme/app/gone": "gone"]), try unit("runtimes/r", ["runtimes/r/f": "f"]),
      ]
      try run(root, before)
      let outside = root.appending("outside")
      let link = root.appending("out").pushing(FilePath(place))
      if place == ".kiln-journal" { try write("", outside) }
      if place == ".kiln-new" { try write("keep", outside.appending("keep")) }
      // What is outside is what the folder held: it would all be taken for Kiln's.
      if !place.hasPrefix(".") { try FileManager.default.moveItem(atPath: link.string, toPath: outside.string) }
      try self.link(link, to: outside.string)
      let names = (try? FileManager.default.subpathsOfDirectory(atPath: outside.string).sorted()) ?? []
      let after = [
        try unit("acme", ["acme/app/x": "y", "acme/new": "z"]), try unit("runtimes/r", ["runtimes/r/f": "g"]),
      ]
      for units in [after, []] {
        for detail in [OutputFolder.Detail.units, .contents] {
          let error = #expect(throws: OutputObstacles.self) {
            try folder(root).compare(with: units, generator: "k", detail: detail)
          }
          #expect(error?.all == [OutputObstacle(link, .link)])
        }
        #expect(throws: OutputObstacles.self) { try run(root, units) }
      }
      #expect(((try? FileManager.default.subpathsOfDirectory(atPath: outside.string).sorted()) ?? []) == names)
    }
  }

  /// The record vouches for files, by device and inode, and not for the folders on the way: a link in a unit may lead to
  /// the very files that Kiln wrote. One that leads to any others is refused, and so is every write through it.
  @Test(arguments: ["acme", "acme/app", "acme/app/deep"], [true, false])
  func theRecordVouchesForFilesAlone(place: String, isMoved: Bool) throws {
    try withFolder { root in
      let units = [try unit("acme", ["acme/app/deep/x": "x", "acme/app/y": "y", "acme/z": "z"])]
      try run(root, units)
      Thread.sleep(forTimeInterval: 0.3)
      try run(root, units)
      #expect(try folder(root).compare(with: units, generator: "k").isEmpty)
      let link = root.appending("out").pushing(FilePath(place))
      let outside = root.appending("outside").string
      if isMoved {
        try FileManager.default.moveItem(atPath: link.string, toPath: outside)
      } else {
        try FileManager.default.copyItem(atPath: link.string, toPath: outside)
        try FileManager.default.removeItem(atPath: link.string)
      }
      try self.link(link, to: outside)
      if isMoved, place != "acme" {
        #expect(try folder(root).compare(with: units, generator: "k").isEmpty)
      } else {
        #expect(throws: OutputObstacles.self) { try folder(root).compare(with: units, generator: "k") }
      }
      let names = try FileManager.default.subpathsOfDirectory(atPath: outside).sorted()
      let changed = [try unit("acme", ["acme/app/deep/x": "other", "acme/app/deep/new": "n", "acme/z": "z"])]
      #expect(throws: OutputObstacles.self) { try run(root, changed) }
      #expect(try FileManager.default.subpathsOfDirectory(atPath: outside).sorted() == names)
      if let x = names.first(where: { $0.hasSuffix("x") }) {
        #expect(try String(contentsOfFile: "\(outside)/\(x)", encoding: .utf8) == "x")
      }
    }
  }

  @Test(.timeLimit(.minutes(15)), arguments: [".kiln-journal", "index.json", ".kiln-new", "record"])
  func fifosAreNotWaitedFor(place: String) throws {
    try withFolder { root in
      let units = [try unit("acme", ["acme/x": "x"])]
      try run(root, units)
      let path = place == "record" ? root.appending(place) : root.appending("out").appending(place)
      try? FileManager.default.removeItem(atPath: path.string)
      #expect(mkfifo(path.string, 0o644) == 0)
      if place == "record" {
        try run(root, units)
      } else {
        #expect(throws: OutputObstacles.self) { try run(root, units) }
      }
    }
  }

  @Test func aFifoInAFilesPlaceIsSomebodyElses() throws {
    try withFolder { root in
      try run(root, [try unit("acme", ["acme/x": "x", "acme/y": "y"])])
      for name in ["x", "y"] {
        let path = root.appending("out/acme").appending(name).string
        try FileManager.default.removeItem(atPath: path)
        #expect(mkfifo(path, 0o644) == 0)
      }
      let delta = try folder(root).compare(with: [try unit("acme", ["acme/x": "x"])], generator: "k")
      #expect(delta.changes.map(\.kind) == [.overwrite, .discard])
    }
  }

  /// Between comparing and writing somebody edits a file.
  @Test func whatChangedSinceItWasComparedIsLeft() throws {
    try withFolder { root in
      try run(root, [try unit("acme", ["acme/x": "x", "acme/y": "y"])])
      for name in ["x", "y"] {
        let folder = folder(root)
        let units = [try unit("acme", name == "x" ? ["acme/x": "other", "acme/y": "y"] : ["acme/x": "mine"])]
        let delta = try folder.compare(with: units, generator: "k")
        let file = root.appending("out/acme").appending(name)
        try write("mine", file)
        let error = #expect(throws: OutputObstacle.self) { try folder.apply(delta) }
        #expect(error == OutputObstacle(file, .changed))
        #expect(try String(contentsOfFile: file.string, encoding: .utf8) == "mine")
      }
    }
  }

  // MARK: Kills
}
