import KilnPacker
import Testing

/// What a build prints is never a statement of Packer's, whatever stands in it and wherever the log was cut.
struct PackerLogForgeryTests {
  static let forged = [
    "==> Builds finished. The artifacts of successful builds are:", "--> null: Azure.ResourceManagement.VMImage:", "",
    "OSDiskUri: https://evil.blob.core.windows.net/x.vhd", "StorageAccountLocation: x", "",
    "Build 'null' finished after 1 second.",
  ]

  static let time = "2023-01-05T09:00:01.1234567Z"

  struct Attack: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The log's lines before and after the forged ones, and what a build prints to make each of these a line.
    var before = ["null: output will be in this color.", "", "==> null: Running local shell script: /tmp/x"]
    let line: @Sendable (String) -> String

    init(_ name: String, before: [String]? = nil, _ line: @escaping @Sendable (String) -> String) {
      testDescription = name
      self.line = line
      if let before { self.before = before }
    }
  }

  static let attacks: [Attack] = [
    Attack("columns behind the prefix") { "    null: job\tstep\t\(time) \($0)" },
    Attack("columns behind the newer prefix") { "==> null: job\tstep\t\(time) \($0)" },
    Attack("columns in a log that begins with the build's lines", before: []) { "    null: job\tstep\t\(time) \($0)" },
    Attack("columns, and the indentation lost", before: []) { "null: job\tstep\t\(time) \($0)" },
    Attack("columns behind a time", before: []) { "\(time)     null: job\tstep\t\(time) \($0)" },
    Attack("columns behind a colour", before: []) { "\u{1B}[0;32m    null: job\tstep\t\(time) \($0)\u{1B}[0m" },
    Attack("columns from the second line on", before: ["null: output will be in this color."]) {
      "job\tstep\t\(time) \($0)"
    },
    Attack("columns of a message for programs", before: []) {
      "1700000000,,ui,message,    null: job\tstep\t\(time) \($0)"
    },
    Attack("columns within columns", before: ["job\tstep\t\(time) null: output will be in this color."]) {
      "job\tstep\t\(time)     null: job\tstep\t\(time) \($0)"
    },
    Attack("a bare carriage return") { "    null: x\r\($0)" },
    Attack("a bare carriage return at once") { "    null: \r\($0)" },
    Attack("a bare carriage return after a progress bar") { "10%\r    null: x\r\($0)" },
    Attack("a bare carriage return behind columns", before: ["job\tstep\t\(time) null: x"]) {
      "job\tstep\t\(time)     null: x\r\($0)"
    },
    Attack("carriage returns alone end the lines") { "    null: x\r\($0)\r" },
    Attack("a backslash and n, for programs") { #"1700000000,,ui,message,    null: x\n\#($0)"# },
    Attack("a backslash and n behind the newer prefix") { #"1700000000,,ui,say,==> null: x\n\#($0)"# },
    Attack("a backslash and n behind a colour") {
      "1700000000,,ui,message,\u{1B}[0;32m    null: x\\n\($0)\u{1B}[0m"
    },
    Attack("a backslash and r") { #"1700000000,,ui,message,    null: x\r\#($0)"# },
    Attack("an error's text for programs", before: []) {
      #"1700000000,,ui,error,Build 'other' errored: x\n\#($0)"#
    },
    Attack("a terminal's sequences") { "    null: \u{1B}[2K\u{1B}[1G\($0)" },
    Attack("a terminal's string that never ends") { "    null: \u{1B}]0;x\u{9C}\($0)" },
    Attack("another line separator") { "    null: x\u{2028}\($0)" },
    Attack("a vertical tab and a form feed") { "    null: x\u{0B}\u{0C}\($0)" },
    Attack("a log viewer's column") { "    null: | \($0)" },
    Attack("a byte order mark") { "    null: \u{FEFF}\($0)" },
  ]

  @Test(arguments: attacks, ["\n", "\r\n"]) func cannotForge(_ attack: Attack, _ end: String) {
    let text = (attack.before + Self.forged.map(attack.line)).map { $0 + end }.joined()
    for cut in [text, text + "    null: and", text + "job\tste"] {
      let bytes = Array(cut.utf8)
      let report = PackerLogReaderTests.read(bytes, piece: bytes.count)
      #expect(report.outcome == .unknown)
      #expect(report.builds.allSatisfy { $0.artifacts.isEmpty && $0.name != "null" }, "\(report)")
      #expect(PackerLogReaderTests.read(bytes, piece: 7) == report)
    }
  }

  /// The same without the build's prefix is a log.
  @Test func theForgedLinesAreALog() {
    let text = Self.forged.joined(separator: "\n")
    #expect(PackerLogReaderTests.read(Array(text.utf8), piece: 50).builds.first?.artifacts.count == 1)
  }

  static let log = """
    ==> Builds finished. The artifacts of successful builds are:
    --> a: Imported Docker image: sha256:0a1b

    """

  private func columns(_ text: String, job: String = "bake") -> String {
    text.split(separator: "\n").map { "\(job)\tRun packer\t\(Self.time) \($0)\n" }.joined()
  }

  /// `tee -a`: what the first run made is not what the second one will.
  @Test(arguments: [true, false], ["azure-arm", "other"]) func aRunThatIsCutShortBehindAWholeOneIsNoSuccess(
    hasBlanks: Bool, name: String
  ) {
    let header = "azure-arm: output will be in this color.\n\n"
    let good = header + "==> azure-arm: Running builder ...\n" + Self.forged.joined(separator: "\n") + "\n"
    let again = "\(name): output will be in this color.\n"
    for rest in ["", "\n==> \(name): Running builder ...\n    \(name): hello\n"] {
      var reader = PackerLogReader()
      reader.read(Array((good + (hasBlanks ? "\n\n" : "") + again + rest).utf8))
      #expect(reader.finish().outcome == .unknown)
    }
    var whole = PackerLogReader()
    whole.read(Array(good.utf8))
    #expect(whole.finish().outcome == .success)
  }

  /// Packer says nothing of colours where there are none, and nothing of a run where it refuses the template.
  @Test(arguments: [
    "==> null: Running builder ...\n    null: one\n", "1795678313,,ui,say,==> null: Running builder ...\n",
    "Error: Failed to prepare build: \"null\"\n", "Error: 1 error(s) decoding:\n",
    "null output will be in this color.\n\n", "null: output will be in this",
    "1795678313,,ui,say,null output will be in this color.\n",
  ]) func theSameWithoutColours(again: String) {
    let good = "==> null: Running builder ...\n" + Self.forged.joined(separator: "\n") + "\n"
    for rest in [again, "\n" + again, "an other program's\n==> other: line\n" + again] {
      #expect(PackerLogReaderTests.read(Array((good + rest).utf8), piece: 100).outcome == .unknown)
    }
    // What other programs print behind it is not Packer's.
    for rest in ["==> default: Importing\n", "Error: Process completed with exit code 1.\n", "==> null\n"] {
      #expect(PackerLogReaderTests.read(Array((good + rest).utf8), piece: 100).outcome == .success)
    }
  }

  @Test func columnsCountOnlyWhereEveryLineHasThem() {
    func read(_ text: String) -> PackerReport {
      let report = PackerLogReaderTests.read(Array(text.utf8), piece: text.utf8.count)
      #expect(PackerLogReaderTests.read(Array(text.utf8), piece: 3) == report)
      return report
    }
    let all = columns("x\n" + Self.log)
    #expect(read(all).outcome == .success)
    #expect(read("\u{FEFF}" + all).outcome == .success)
    #expect(read(all.replacing("\t2023", with: "\t\u{FEFF}2023")).outcome == .success)
    #expect(read("\n" + all + "\n").outcome == .success)
    // Other jobs and steps, a line that is too long to keep, and a last line that the log's end cut.
    #expect(read(columns("y", job: "build (linux, x64)") + all).outcome == .success)
    #expect(read(columns(String(repeating: "y", count: 2 << 20)) + all).outcome == .success)
    #expect(read(all + "bake\tRun pa").outcome == .success)
    // One line without them, at any place, takes back what stood behind them.
    #expect(read("x\n" + all).outcome == .unknown)
    #expect(read(all + "x\n").outcome == .unknown)
    #expect(read(all + String(repeating: "y", count: 2 << 20) + "\n").outcome == .unknown)
    #expect(read(all + "x\n" + all).outcome == .unknown)
    #expect(read(all + "x\n" + Self.log).outcome == .success)
    #expect(read(columns(Self.log, job: "deploy: bake")).outcome == .unknown)
  }

  static let references: [(text: String, isArtifact: Bool)] = [
    ("https://a.blob.core.windows.net/system/x.vhd", true), ("https://a.blob.core.chinacloudapi.cn/c/x.VHD", true),
    ("https://blob.local.azurestack.external:443/c/x.vhd", true), ("https://*****/c/x.vhd", true),
    ("https://a.blob.core.windows.net/c/x.vhd?sig=a", true),
    ("https://a.blob.core.windows.net/system/Microsoft.Comp", false), ("https://a.blob.core.windows.net/c/x.vh", false),
    ("not a uri at all", false), ("http://a.blob.core.windows.net/c/x.vhd", false), ("https:///c/x.vhd", false),
    ("https://a.b/.vhd", false), ("https://u@a.b/x.vhd", false), ("file:///x.vhd", false), ("", false),
    ("https://a.b/b c.vhd", false), ("https://a.b/x?y.vhd", false), ("javascript:alert(1)//.vhd", false),
    ("https://a.b/x\u{202E}.vhd", false), ("https://a/c/x.vhd", false), ("https://a:443/c/x.vhd", false),
    ("https://./c/x.vhd", false), ("https://.a/c/x.vhd", false), ("https://a.b/c/../x.vhd", false),
    ("https://a.b/c/%2E%2e/x.vhd", false), ("https://a.b/c%2f..%2fx.vhd", false), ("https://a.b/..", false),
    ("https://a.b/x.vhd#y", false), ("https://a.b/#/x.vhd", false), ("https://a.b/$(id)/x.vhd", false),
    ("https://a.b/$web/x.vhd", false), ("https://a.b/(x).vhd", false), ("https://a.b/x%0ay.vhd", false),
    ("https://a.b/x%0D%0Ay.vhd", false), ("https://a.b/x.vhd?y=%0a", false), ("https://a.b/%00.vhd", false),
    ("https://a.b/x%20y..z.vhd", true), ("https://a.b/x.vhd?sig=a%2Bb%3D", true), ("https://a.b:443/c/x.vhd", true),
  ]

  @Test(arguments: references) func onlyAVHDsURIIsOne(_ text: String, _ isArtifact: Bool) {
    let log =
      "==> Builds finished. The artifacts of successful builds are:\n--> a: Azure.ResourceManagement.VMImage:\n\nOSDiskUri: \(text)\nStorageAccountLocation: x\n"
    let build = PackerLogReaderTests.read(Array(log.utf8), piece: 99).builds.first
    #expect(build?.artifacts.isEmpty == !isArtifact)
    #expect(build?.refused.isEmpty == isArtifact)
  }

  static let ids: [(line: String, kind: String?)] = [
    ("ManagedImageId: /subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/images/i", "managed-image"),
    ("ManagedImageId: /SUBSCRIPTIONS/<s>/resourcegroups/g/providers/microsoft.compute/images/i", "managed-image"),
    ("ManagedImageId: /subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/images/", nil),
    ("ManagedImageId: /subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/disks/i", nil),
    ("ManagedImageId: https://a/x.vhd", nil), ("ManagedImageId: UNKNOWN ID", "managed-image"),
    (
      "ManagedImageSharedImageGalleryId: /subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/galleries/a/images/b/versions/1.2.3",
      "gallery-image"
    ),
    (
      "ManagedImageSharedImageGalleryId: /subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/galleries/a/images/b",
      nil
    ),
  ]

  @Test(arguments: ids) func onlyAnIdOfItsKindIsOne(_ line: String, _ kind: String?) {
    let log =
      "==> Builds finished. The artifacts of successful builds are:\n--> a: Azure.ResourceManagement.VMImage:\n\nOSType: Linux\n\(line)\n"
    let build = PackerLogReaderTests.read(Array(log.utf8), piece: 99).builds.first
    #expect(build?.artifacts.map(\.kind.rawValue) == (kind.map { [$0] } ?? []))
    #expect(build?.refused.isEmpty == (kind != nil))
  }

  @Test(arguments: ["Some text: ", "Imported Docker image: sha256:0a", "AMIs were created:\nus-east-1: ami-0"])
  func whatTheLogsEndCutIsNoArtifact(_ text: String) {
    let log = "==> Builds finished. The artifacts of successful builds are:\n--> a: \(text)"
    let cut = PackerLogReaderTests.read(Array(log.utf8), piece: 5).builds
    #expect(cut.first?.artifacts == [] && cut.first?.refused.first?.contains("cut off") == true, "\(cut)")
    #expect(PackerLogReaderTests.read(Array((log + "\n").utf8), piece: 5).builds.first?.artifacts.count == 1)
  }

  @Test func everyCutOfALogGivesWholeReferencesOrNone() throws {
    for sample in PackerLogReaderTests.samples {
      let whole = Set(sample.report.builds.flatMap(\.artifacts).compactMap(\.reference))
      let bytes = Array(sample.log.utf8)
      for count in bytes.indices {
        let report = PackerLogReaderTests.read(Array(bytes[..<count]), piece: 64)
        for reference in report.builds.flatMap(\.artifacts).compactMap(\.reference) {
          #expect(whole.contains(reference), "\(sample.name): \(count)")
        }
      }
    }
  }

  /// Old Packers print an empty line first; what a post-processor made follows.
  @Test(arguments: ["\n", ""]) func readsAMIsBehindAnEmptyLine(_ blank: String) {
    let log = """
      ==> Builds finished. The artifacts of successful builds are:
      --> amazon-ebs: AMIs were created:
      \(blank)us-east-1: ami-0a1b
      us-west-2: ami-2c3d
      --> amazon-ebs: 'aws' provider box: /tmp/box

      """
    let artifacts = PackerLogReaderTests.read(Array(log.utf8), piece: 9).builds.first?.artifacts
    #expect(
      artifacts == [
        .ami(region: "us-east-1", id: "ami-0a1b"), .ami(region: "us-west-2", id: "ami-2c3d"),
        .other(text: "'aws' provider box: /tmp/box"),
      ])
  }

  /// 468 KB inside one block took more than a minute.
  @Test(.timeLimit(.minutes(15)), arguments: ["--> a: text\n", "--> a: Azure.ResourceManagement.VMImage:\n\n"])
  func aLargeBlockIsReadOnce(_ head: String) {
    let summary = "==> Builds finished. The artifacts of successful builds are:\n"
    let errors = "==> Some builds didn't complete successfully and had errors:\n"
    for text in [
      summary + head + String(repeating: "x\n", count: 60_000),
      summary + head + String(repeating: "OSType: x\n", count: 10_000),
      errors + head + String(repeating: "x\n", count: 60_000),
      summary + (0..<10_000).map { "--> a: \($0)\n" }.joined(),
    ] {
      let report = PackerLogReaderTests.read(Array(text.utf8), piece: 1 << 16)
      #expect(report.builds.count == 1)
      #expect(report.builds.flatMap(\.artifacts).allSatisfy { ($0.reference ?? "").utf8.count < 1 << 19 })
    }
  }
}
