import Foundation
import KilnArtifacts
import KilnDiagnostics
import SystemPackage
import Testing

@testable import KilnContext

struct ContextPackerTests {
  /// A new folder that is removed afterwards.
  static func withFolder<T>(_ body: (FilePath) throws -> T) throws -> T {
    let url = FileManager.default.temporaryDirectory.appending(path: "kiln-context-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(FilePath(url.path))
  }

  static func write(_ folder: FilePath, _ path: String, _ text: String = "x", mode: Int = 0o644) throws {
    let url = URL(filePath: folder.appending(path).string)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
  }

  static func pack(_ source: ContextSource, _ packer: ContextPacker = ContextPacker()) throws -> (
    bytes: [UInt8], packed: PackedContext
  ) {
    var bytes: [UInt8] = []
    let packed = try packer.pack(source) { bytes += $0 }
    return (bytes, packed)
  }

  static func withName(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
    (name.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { $0.baseAddress.map(body) ?? -1 }
  }

  static func names(_ source: ContextSource) throws -> [String] {
    try ContextPacker.list(source).entries.map { String(decoding: source.path(of: $0), as: UTF8.self) }
  }

  static func ids(_ body: () throws -> Void) -> [String] {
    do {
      try body()
      return []
    } catch let error as DiagnosticsError { return error.diagnostics.map(\.id) } catch { return ["\(error)"] }
  }

  @Test func ordersByTheBytesOfTheWholePath() throws {
    try Self.withFolder { folder in
      for path in ["a/z", "a-b", "a.txt", "a/b/c", "B", "ü"] { try Self.write(folder, path) }
      let names = try Self.names(ContextSource(folder: folder))
      #expect(names == ["B", "a", "a-b", "a.txt", "a/b", "a/b/c", "a/z", "ü"])
      #expect(names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }
  }

  /// Nothing of the machine gets into the archive: times, order of making, modes but for the executable bit.
  @Test(arguments: Compression.allCases) func sameInputSameBytes(_ compression: Compression) throws {
    var digests: Set<String> = []
    for round in 0..<3 {
      try Self.withFolder { folder in
        var paths = (0..<60).map { "d\($0 % 7)/f\($0)" }
        if round > 0 { paths.reverse() }
        for path in paths {
          let text = String(repeating: path, count: 4000)
          try Self.write(folder, path, text, mode: round == 2 ? 0o600 : 0o664)
        }
        try Self.write(folder, "run.sh", "#!/bin/sh\n", mode: round == 1 ? 0o700 : 0o755)
        try FileManager.default.createSymbolicLink(
          atPath: folder.appending("link").string, withDestinationPath: "d1/f1")
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSince1970: Double(round) * 1e8)],
          ofItemAtPath: folder.appending("d1/f1").string)
        let result = try Self.pack(
          ContextSource(folder: folder), ContextPacker(compression: compression, threads: round + 1))
        #expect(result.packed.digest == ContentDigest(of: result.bytes).hex)
        #expect(result.packed.size == result.bytes.count && result.packed.files == 61 && result.packed.links == 1)
        digests.insert(result.packed.digest)
      }
    }
    #expect(digests.count == 1)
  }

  @Test func laterLayersWinAndRulesLookAtTheWhole() throws {
    try Self.withFolder { root in
      let (base, overlay) = (root.appending("base"), root.appending("overlay"))
      try Self.write(base, "config/a", "base")
      try Self.write(base, "config/b", "base")
      try Self.write(base, "only/base", "base")
      try Self.write(overlay, "config/b", "overlay")
      try Self.write(overlay, "more/c", "overlay")
      try Self.write(overlay, "config/skip.log", "overlay")
      let source = ContextSource(
        layers: [.init(base), .init(overlay)], ignore: try IgnoreRules(Array("**/*.log\n".utf8), file: "i"),
        files: ["Dockerfile": Array("FROM x\n".utf8)])
      let entries = try ContextPacker.list(source).entries
      #expect(
        entries.map(\.name) == [
          "Dockerfile", "config", "config/a", "config/b", "more", "more/c", "only", "only/base",
        ])
      #expect(entries.first { $0.name == "config/b" }?.layer == 1)
      let bytes = try Self.pack(source).bytes
      #expect(String(decoding: bytes, as: UTF8.self).contains("overlay"))
    }
  }

  @Test func aFileOverAFolderIsRefusedWithBothNames() throws {
    try Self.withFolder { root in
      try Self.write(root, "base/x/y")
      try Self.write(root, "overlay/x")
      let source = ContextSource(layers: [
        .init(root.appending("base"), name: "src"), .init(root.appending("overlay"), name: "customers/acme"),
      ])
      #expect {
        try Self.pack(source)
      } throws: { error in
        (error as? DiagnosticsError)?.diagnostics.map(\.message) == [
          "\"x\" is a file in customers/acme and a folder in src"
        ]
      }
    }
  }

  @Test func putsLayersIntoAFolderBesideTheFiles() throws {
    try Self.withFolder { folder in
      try Self.write(folder, "Dockerfile", "the application's own")
      try Self.write(folder, "index.php")
      let source = ContextSource(
        layers: [.init(folder)], files: ["Dockerfile": Array("FROM x\n".utf8), "z": []], folder: "app")
      #expect(try Self.names(source) == ["Dockerfile", "app", "app/Dockerfile", "app/index.php", "z"])
      let bytes = try Self.pack(source).bytes
      #expect(String(decoding: bytes, as: UTF8.self).contains("the application's own"))
    }
  }

  @Test func replacesTokensInTheFilesListedOnly() throws {
    try Self.withFolder { folder in
      try Self.write(folder, "a.ini", "name=__cs-brand__\nhost=__cs-db__ __cs-brand__\n")
      try Self.write(folder, "b.txt", "__cs-brand__")
      let value = Array("AC|ME/&\\\"$ü\u{0}".utf8) + [0xFF]
      let source = ContextSource(
        layers: [.init(folder)],
        tokens: ContextTokens(files: ["a.ini"], values: ["cs-brand": value, "cs-db": Array("db".utf8)]))
      let bytes = try Self.pack(source).bytes
      let expected = Array("name=".utf8) + value + Array("\nhost=db ".utf8) + value + [0x0A]
      #expect(bytes.firstRange(of: expected) != nil)
      #expect(bytes.firstRange(of: Array("__cs-brand__".utf8)) != nil)
    }
  }

  @Test func tokensThatDoNotFitAreTold() throws {
    try Self.withFolder { folder in
      try Self.write(folder, "a.ini", "ok\n  x=__cs-brnad__ __DIR__\n")
      let source = ContextSource(
        layers: [.init(folder, name: "../apps/shop")],
        tokens: ContextTokens(files: ["a.ini", "missing.ini"], values: ["cs-brand": [], "other": []]))
      #expect {
        try Self.pack(source)
      } throws: { error in
        let problems = (error as? DiagnosticsError)?.diagnostics ?? []
        let left = problems.first { $0.id == "context.token-left" }
        return Set(problems.map(\.id)) == ["context.token-left", "context.token-file"]
          && problems.count == 2 && left?.location?.text == "../apps/shop/a.ini:2:5"
          && left?.suggestion == "did you mean \"__cs-brand__\"?"
      }
    }
  }

  /// What `kiln check` says of tokens is what packing says.
  @Test(arguments: [
    (["a.ini"], "__x__ __y__", ["x", "z"]), (["a.ini", "b.ini"], "__x__", ["x"]), (["b.ini"], "", ["x"]),
    (["sub/c.ini"], "__x__", ["x"]), (["./a.ini"], "__x__", ["x"]), (["link.ini"], "__x__", ["x"]),
    (["over.ini"], "__x__", ["x", "y"]), (["left.out"], "__x__", ["x"]), (["own/d.ini"], "__x__", ["x"]),
    (["a.ini"], "__DIR__ __x__", ["x"]), (["sub"], "__x__", ["x"]),
  ]) func aSurveyFindsWhatPackingFinds(_ files: [String], _ text: String, _ values: [String]) throws {
    try Self.withFolder { folder in
      let (lower, upper) = (folder.appending("lower"), folder.appending("upper"))
      for (folder, name) in [
        (lower, "a.ini"), (lower, "sub/c.ini"), (lower, "over.ini"), (lower, "left.out"), (lower, "own/d.ini"),
      ] { try Self.write(folder, name, text) }
      try Self.write(upper, "over.ini", "__y__")
      try FileManager.default.createSymbolicLink(
        atPath: lower.appending("link.ini").string, withDestinationPath: "a.ini")
      let source = ContextSource(
        layers: [.init(lower, name: "lower", leftOut: ["own"]), .init(upper, name: "upper")],
        ignore: try IgnoreRules(Array("*.out\n".utf8), file: ".dockerignore"),
        tokens: ContextTokens(files: files, values: Dictionary(uniqueKeysWithValues: values.map { ($0, [0x56]) })))
      var problems: [Diagnostic] = []
      do { _ = try Self.pack(source) } catch let error as DiagnosticsError { problems = error.diagnostics }
      let survey = TokenSurvey(source)
      #expect(survey.missing.count == problems.count { $0.id == "context.token-file" })
      #expect(survey.unused.count == problems.count { $0.id == "context.token-unused" })
      #expect(
        survey.leftovers.map(\.location) == problems.filter { $0.id == "context.token-left" }.compactMap(\.location))
    }
  }

  /// A small file of many tokens and a long value would else take gigabytes.
  @Test func whatAFileBecomesHasALimit() throws {
    try Self.withFolder { folder in
      try Self.write(folder, "many", String(repeating: "__x__ \n", count: 3000))
      let source = ContextSource(
        layers: [.init(folder)],
        tokens: ContextTokens(files: ["many"], values: ["x": [UInt8](repeating: 0x79, count: 500_000), "other": []]))
      #expect(TokenSurvey(source).tooLarge == ["many"] && TokenSurvey(source).unused == [])
      let error = #expect(throws: DiagnosticsError.self) { try Self.pack(source) }
      #expect(error?.diagnostics.map(\.id) == ["context.token-file"])
      #expect(error?.diagnostics.first?.message.hasSuffix("becomes larger than 64 MiB") == true)
    }
  }

  @Test func aSurveyReadsNoLargeFiles() throws {
    try Self.withFolder { folder in
      try Self.write(folder, "big.ini", String(repeating: " ", count: TokenSurvey.sizeLimit) + "__left__")
      let survey = TokenSurvey(
        ContextSource(layers: [.init(folder)], tokens: ContextTokens(files: ["big.ini"], values: ["x": []])))
      #expect(survey.missing == [] && survey.leftovers == [] && survey.unused == [])
    }
  }

  @Test(arguments: [("shrank", "truncate"), ("grew", "append"), ("was written to", "rewrite")])
  func aFileThatChangesWhileItIsReadIsAnError(_ word: String, _ action: String) throws {
    try Self.withFolder { folder in
      // Longer than what can be on its way to the output.
      let size = 32 << 20
      try Self.write(folder, "big", String(repeating: "a", count: size))
      let path = folder.appending("big").string
      var isDone = false
      #expect {
        try ContextPacker().pack(ContextSource(folder: folder)) { _ in
          if isDone { return }
          isDone = true
          let file = try FileHandle(forUpdating: URL(filePath: path))
          defer { try? file.close() }
          switch action {
          case "truncate": try file.truncate(atOffset: UInt64(size / 2))
          case "append":
            try file.seekToEnd()
            try file.write(contentsOf: Data("more".utf8))
          default: try file.write(contentsOf: Data("b".utf8))
          }
        }
      } throws: { error in
        let problem = (error as? DiagnosticsError)?.diagnostics.first
        return problem?.id == "context.changed" && problem?.message.contains("\"big\"") == true
          && problem?.message.contains(word) == true
      }
    }
  }

  @Test func aFileThatVanishesIsAnErrorThatNamesIt() throws {
    try Self.withFolder { folder in
      try Self.write(folder, "sub/gone")
      #expect {
        try ContextPacker().pack(
          ContextSource(folder: folder),
          progress: { entry in
            if entry.name == "sub/gone" {
              try FileManager.default.removeItem(atPath: folder.appending("sub/gone").string)
            }
          }, to: { _ in })
      } throws: { ($0 as? FileSystemError)?.path.string.hasSuffix("sub/gone") == true }
    }
  }

  @Test func specialFilesAreRefusedOrLeftOutWithAWarning() throws {
    try Self.withFolder { folder in
      #expect(folder.appending("pipe").withPlatformString { mkfifo($0, 0o644) } == 0)
      #expect(Self.ids { _ = try Self.pack(ContextSource(folder: folder)) } == ["context.special"])
      let rules = try IgnoreRules(Array("pipe\n".utf8), file: "i")
      let packed = try Self.pack(ContextSource(folder: folder, ignore: rules)).packed
      #expect(packed.files == 0 && packed.warnings.map(\.id) == ["context.special"])
    }
  }

  @Test func anyNameAndAnyLengthWorks() throws {
    try Self.withFolder { folder in
      // A path longer than PATH_MAX, made from inside, and names that are not UTF-8.
      let name = [UInt8](repeating: UInt8(ascii: "n"), count: 200)
      var open = try OpenFolder.open(folder)
      for _ in 0..<30 {
        let made = Self.withName(name) { mkdirat(open.descriptor, $0, 0o755) }
        #expect(made == 0)
        open = try open.open(name)
      }
      let odd: [UInt8] = [0xC3, 0x28, 0x0A, 0xFF]
      let descriptor = Self.withName(odd) { openat(open.descriptor, $0, O_CREAT | O_WRONLY, 0o644) }
      #expect(descriptor >= 0)
      close(descriptor)
      #expect(symlink(String(repeating: "t", count: 3000), folder.appending("link").string) == 0)
      let result = try Self.pack(ContextSource(folder: folder))
      #expect(result.packed.directories == 30)
      #expect(result.packed.files == 1)
      #expect(result.packed.links == 1)
      #expect(result.bytes.firstRange(of: [0xC3, 0x28, 0x0A, 0xFF]) != nil)
      #expect(result.bytes.firstRange(of: [UInt8](repeating: UInt8(ascii: "t"), count: 3000)) != nil)
    }
  }
}
