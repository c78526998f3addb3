import Foundation
import HostileStrings
import KilnDocuments
import Testing

struct ConsoleTextTests {
  @Test(arguments: [
    ("plain text, ünïcödé ✓ 🚀\n\twith a tab\n", "plain text, ünïcödé ✓ 🚀\n\twith a tab\n"),
    ("\u{1B}[31mred\u{1B}[0m", "␛[31mred␛[0m"), ("a\rb\r\n", "a␍b␍\n"), ("\u{7}\u{0}\u{7F}", "␇␀␡"),
    ("\u{9B}31m", "\u{FFFD}31m"), ("a\u{202E}b\u{2066}c\u{2028}d\u{85}e", "a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}e"),
    ("x ##vso[task.complete]y", "x ## vso[task.complete]y"), ("##[group]", "## [group]"),
    ("##teamcity[x]", "## teamcity[x]"), ("###vso[x]", "### vso[x]"), ("##VSO[x", "## VSO[x"),
    ("## heading [x]", "## heading [x]"), ("a ## b # c ##", "a ## b # c ##"),
    ("::set-output name=a::b", "·::set-output name=a::b"), ("a\n  ::x\n\t::y", "a\n  ·::x\n\t·::y"),
    ("\u{A0}\u{2003}\u{3000}\u{FEFF}::x", "\u{A0}\u{2003}\u{3000}\u{FEFF}·::x"), ("a::b: c", "a::b: c"), (":", ":"),
    ("\u{1B}::x", "␛::x"),
  ]) func disarms(_ text: String, _ expected: String) {
    #expect(ConsoleText.safe(text) == expected)
    #expect(ConsoleText.safe(expected) == expected)
  }

  @Test func keepsBytesThatAreNoUTF8() {
    let bytes: [UInt8] = [0x61, 0xFF, 0xE2, 0x28, 0xC2]
    #expect(bytes.withUnsafeBytes { ConsoleText.safe($0) } == nil)
    #expect(([0x1B] + bytes).withUnsafeBytes { ConsoleText.safe($0) } == Array("␛".utf8) + bytes)
    #expect(Array("a\nb".utf8).withUnsafeBytes { ConsoleText.safe(line: $0) } == Array("a␊b".utf8))
  }

  /// Whatever bytes and whatever cut: no control character and no command is left.
  @Test func leavesNothingOfAnyText() {
    var generator = SystemRandomNumberGenerator()
    let pieces = [
      "#", "##", "vso", "[", ":", "::", " ", "\n", "\u{1B}", "\u{9B}", "\u{85}", "\u{2028}", "\u{FEFF}", "a", "é",
    ]
    for _ in 0..<20_000 {
      let text = (0..<8).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      let safe = ConsoleText.safe(text)
      #expect(!safe.contains(/##[A-Za-z]*\[/), "\(text.debugDescription)")
      #expect(!safe.unicodeScalars.contains { ($0.value < 0x20 && $0 != "\n") || (0x7F..<0xA0).contains($0.value) })
      for line in safe.split(separator: "\n") {
        #expect(!line.drop { $0.isWhitespace || $0 == "\u{FEFF}" }.hasPrefix("::"), "\(text.debugDescription)")
      }
    }
  }

  @Test(arguments: hostileStrings + ["##vso[task.x]y", "###[x", "\u{9B}2J", "\u{202E}", "::x"])
  func jsonKeepsItsValues(_ text: String) throws {
    let json = JSONRenderer().render(["k": .string(text), text + "##vso[": 1])
    let safe = ConsoleText.safe(json: json)
    #expect(!safe.contains("##") && ConsoleText.safe(safe) == safe)
    func object(_ json: String) throws -> NSDictionary? {
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? NSDictionary
    }
    #expect(try object(safe) == object(json))
  }
}
