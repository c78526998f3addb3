import KilnPacker
import Testing

/// gitlab-runner writes some lines in pieces; who controls a line controls all of them.
struct GitLabLinesTests {
  static let time = "2026-11-26T11:20:00.123456Z "

  /// A line of the log: the stream with its blank or plus, and the text.
  private static func log(_ lines: [(String, String)], end: String = "\n") -> String {
    lines.map { time + $0 + $1 + end }.joined()
  }

  private static func read(_ text: String) -> PackerReport {
    let bytes = Array(text.utf8)
    let report = PackerLogReaderTests.read(bytes, piece: bytes.count)
    #expect(PackerLogReaderTests.read(bytes, piece: 7) == report)
    return report
  }

  /// By name, the pieces that a build makes of `forged`, in `stream`.
  static let attacks: [(name: String, lines: @Sendable (_ stream: String, _ forged: [String]) -> [(String, String)])] =
    [
      ("one line", { s, forged in [("\(s) ", "    null: x")] + forged.map { ("\(s)+", $0) } }),
      ("a line for each", { s, forged in forged.flatMap { [("\(s) ", "    null: x"), ("\(s)+", $0)] } }),
      (
        "three pieces for each",
        { s, forged in forged.flatMap { [("\(s) ", "    null: x\r"), ("\(s)+", "y\r"), ("\(s)+", $0)] } }
      ),
      (
        "carriage returns", { s, forged in [("\(s) ", "    null: x\r")] + forged.map { ("\(s)+", $0 + "\r") } }
      ),
      (
        "another stream between",
        { s, forged in
          [("\(s) ", "    null: x")] + forged.flatMap { [("0fE ", "10%"), ("0fE+", "20%"), ("\(s)+", $0)] }
        }
      ),
      (
        "Packer's own line in another stream",
        { s, forged in [("\(s) ", "    null: x"), ("0fO ", "")] + forged.map { ("\(s)+", $0) } }
      ),
      ("a continuation of nothing", { s, forged in forged.map { ("0f\(s.suffix(1))+", $0) } }),
      (
        "longer than the runner's buffer",
        { s, forged in
          [("\(s) ", "    null: " + String(repeating: "x", count: 9000))]
            + forged.map { ("\(s)+", $0 + String(repeating: " ", count: 9000)) }
        }
      ),
      (
        "longer than any line that is read",
        { s, forged in
          [("\(s) ", "    null: " + String(repeating: "x", count: 2 << 20))] + forged.map { ("\(s)+", $0) }
        }
      ),
      (
        "too long in a continuation",
        { s, forged in
          [("\(s) ", "    null: x"), ("\(s)+", String(repeating: "x", count: 2 << 20))] + forged.map { ("\(s)+", $0) }
        }
      ),
      (
        "longer than what is kept waiting",
        { s, forged in
          [("\(s) ", "    null: x")] + Array(repeating: ("0fE ", "y"), count: 3000) + forged.map { ("\(s)+", $0) }
        }
      ),
      (
        "behind a carriage return",
        { s, forged in [("\(s) ", "    null: x\r" + forged.map { "\(time)\(s) \($0)" }.joined(separator: "\r"))] }
      ),
    ]

  @Test(arguments: attacks.map(\.name), ["00O", "01O", "00E"]) func cannotForge(_ name: String, _ stream: String) throws
  {
    let attack = try #require(Self.attacks.first { $0.name == name })
    let before = ["null: output will be in this color.", "", "==> null: Running builder ..."].map { ("\(stream) ", $0) }
    let lines = attack.lines(stream, PackerLogForgeryTests.forged)
    for end in ["\n", "\r\n"] {
      let text = Self.log(before + lines, end: end)
      let isLong = text.utf8.count > 1 << 20
      for cut in [text, text + Self.time + "\(stream) ==> null: and", Self.log(lines, end: end)] {
        let report = isLong ? PackerLogReaderTests.read(Array(cut.utf8), piece: 1 << 16) : Self.read(cut)
        #expect(report.outcome == .unknown)
        #expect(report.builds.allSatisfy { $0.artifacts.isEmpty && $0.name != "null" }, "\(report)")
      }
    }
  }

  /// The same without the build's line is a log, so that the table above asks for something.
  @Test func theForgedLinesAreALog() {
    let report = Self.read(Self.log(PackerLogForgeryTests.forged.map { ("00O ", $0) }))
    #expect(report.builds.first?.artifacts.count == 1)
  }

  /// What goes on is one line, with another stream's lines between or without: a URI is taken whole or not at all.
  @Test(arguments: [false, true]) func aLongLineOfPackersIsReadWhole(isInterleaved: Bool) {
    let between = isInterleaved ? [("00E ", "2026/11/26 11:20:00 ui: x")] : []
    let error = String(repeating: "failed ", count: 2000)
    let summary: [(String, String)] = [
      ("00E ", "==> Some builds didn't complete successfully and had errors:"),
      ("00E ", "--> azure-arm: " + error.prefix(8190)), ("00E+", String(error.dropFirst(8190)) + "end"), ("00E ", ""),
      ("00O ", "==> Builds finished. The artifacts of successful builds are:"),
      ("00O ", "--> null: Azure.ResourceManagement.VMImage:"), ("00O ", ""),
      ("00O ", "OSDiskUri: https://a.blob.core.windows.net/x.vhd"),
    ]
    let end = [("00O+", ".old/y.vhd"), ("00O ", "StorageAccountLocation: x"), ("00O ", "")]
    let report = Self.read(Self.log(summary + between + end))
    #expect(report.builds.first { $0.name == "azure-arm" }?.error == error + "end")
    guard case .vhd(let vhd) = report.builds.first(where: { $0.name == "null" })?.artifacts.first else {
      Issue.record("no VHD: \(report)")
      return
    }
    #expect(vhd.osDiskUri == "https://a.blob.core.windows.net/x.vhd.old/y.vhd")
  }

  /// Lines of two streams stay in their order, whichever is silent.
  @Test(arguments: ["00E ", "0fE "]) func aSilentStreamHoldsNothingUp(_ stream: String) {
    let noise = (0..<5000).map { ("00O ", "    null: \($0)") }
    let log = Self.log([(stream, "x")] + noise + PackerLogForgeryTests.forged.map { ("00O ", $0) } + noise)
    #expect(PackerLogReaderTests.read(Array(log.utf8), piece: 1 << 16).builds.first?.artifacts.count == 1)
  }

  /// A log that ends where the runner may have gone on has no whole last line.
  @Test func whatMayGoOnIsNoArtifact() {
    let head = "==> Builds finished. The artifacts of successful builds are:"
    func log(_ id: String) -> String { Self.log([("00O ", head), ("00O ", "--> a: Imported Docker image: \(id)")]) }
    #expect(Self.read(log("sha256:0a1b")).builds.first?.artifacts.count == 1)
    #expect(Self.read(log("sha256:" + String(repeating: "0", count: 8190))).builds.first?.artifacts == [])
  }
}
