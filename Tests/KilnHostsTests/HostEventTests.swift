import KilnDocuments
import Testing

@testable import KilnHosts

struct HostEventTests {
  private static let lines = [
    #"kiln {"event": "task", "role": "docker", "task": "Install Docker"}"#,
    #"kiln {"event": "diff", "host": "north", "role": "docker", "task": "Write it", "text": "--- a\n+++ b\n"}"#,
    #"kiln {"event": "result", "host": "north", "message": "", "role": "docker", "status": "changed", "task": "Write it"}"#,
    #"kiln {"event": "item", "host": "south", "item": "caddy", "message": "no package", "role": "docker", "task": "Install"}"#,
    #"kiln {"event": "result", "host": "south", "message": "One or more items failed", "role": "docker", "status": "failed", "task": "Install"}"#,
    "[WARNING]: something",
    #"kiln {"event": "report", "host": "north", "task": "Status", "value": {"a": 1}}"#,
    #"kiln {"event": "stats", "hosts": {"north": {"ok": 1, "changed": 1, "failures": 0, "unreachable": 0}}}"#,
  ]

  @Test func whatHappensIsGatheredByHost() {
    var progress = HostProgress(["north", "south", "west"])
    let said = Self.lines.flatMap { progress.add($0) }
    #expect(said == ["south: failed: docker: Install", "north: docker: 1 changed"])
    #expect(progress.isEnded)
    #expect(progress.words == ["[WARNING]: something"])
    let north = progress.outcomes["north"]
    #expect(north?.changes == [.init(role: "docker", task: "Write it", difference: "--- a\n+++ b\n")])
    #expect(north?.reports["Status"] == ["a": 1])
    #expect(north?.isGood == true)
    #expect(
      progress.outcomes["south"]?.failure
        == .init(role: "docker", task: "Install", message: "caddy: no package", isUnreachable: false))
    #expect(progress.outcomes["west"]?.isSeen == false)
  }

  @Test(arguments: ["", "kiln", "kiln {}", "kiln {\"event\": \"other\"}", "kiln {\"event\": \"result\"}", "kiln [1"])
  func anythingElseIsNoEvent(_ line: String) { #expect(HostEvent(line: line) == nil) }

  @Test func linesAreWholeHoweverTheyAreCut() {
    var splitter = LineSplitter()
    var lines: [String] = []
    for byte in Array("one\ntwö\nthree".utf8) {
      lines += withUnsafeBytes(of: byte) { splitter.add($0) }
    }
    #expect(lines == ["one", "twö"])
    #expect(splitter.finish() == "three")
    #expect(splitter.finish() == nil)
  }
}
