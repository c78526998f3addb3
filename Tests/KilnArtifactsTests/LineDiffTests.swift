import Testing

@testable import KilnArtifacts

struct LineDiffTests {
  private func text(_ lines: [String]) -> [UInt8] { Array(lines.map { "\($0)\n" }.joined().utf8) }

  /// What a hunk-wise reading of `diff` makes of `old`.
  private func applied(_ diff: String, to old: [String]) throws -> [String] {
    var result: [String] = []
    var at = 0
    for line in diff.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(2).dropLast() {
      if line.hasPrefix("@@ ") {
        let fields = line.split(separator: " ")[1].dropFirst().split(separator: ",").compactMap { Int($0) }
        let start = fields[1] == 0 ? fields[0] : fields[0] - 1
        result += old[at..<start]
        at = start
        continue
      }
      switch line.first {
      case " ":
        try #require(old[at] == line.dropFirst())
        result.append(old[at])
        at += 1
      case "-":
        try #require(old[at] == line.dropFirst())
        at += 1
      default: result.append(String(line.dropFirst()))
      }
    }
    return result + old[at...]
  }

  private func numbers(_ count: Int) -> [String] { (0..<count).map { "line \($0)" } }

  @Test func hunksSayWhereAndWhat() {
    var new = numbers(30)
    new[4] = "other"
    new.remove(at: 20)
    let diff = LineDiff.unified(path: "p", old: text(numbers(30)), new: text(new))
    #expect(
      diff == """
        --- a/p
        +++ b/p
        @@ -2,7 +2,7 @@
         line 1
         line 2
         line 3
        -line 4
        +other
         line 5
         line 6
         line 7
        @@ -18,7 +18,6 @@
         line 17
         line 18
         line 19
        -line 20
         line 21
         line 22
         line 23

        """)
    #expect(LineDiff.unified(path: "p", old: nil, new: text(["a"])) == "--- /dev/null\n+++ b/p\n@@ -0,0 +1,1 @@\n+a\n")
    #expect(LineDiff.unified(path: "p", old: text(["a"]), new: []) == "--- a/p\n+++ b/p\n@@ -1,1 +0,0 @@\n-a\n")
    #expect(LineDiff.unified(path: "p", old: [0xFF], new: text(["a"])).hasSuffix("binary files differ\n"))
  }

  /// Lines that Unicode takes for equal are not the same bytes.
  @Test func bytesCount() {
    let diff = LineDiff.unified(path: "p", old: text(["\u{e9}"]), new: text(["e\u{301}"]))
    #expect(diff.unicodeScalars.contains("\u{301}"))
  }

  @Test func randomEditsAreRightAndShort() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      let old = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        String("abcde".randomElement(using: &random) ?? "a")
      }
      var new = old
      for _ in 0..<Int.random(in: 0...6, using: &random) {
        if Bool.random(using: &random), !new.isEmpty {
          new.remove(at: Int.random(in: 0..<new.count, using: &random))
        } else {
          new.insert("x", at: Int.random(in: 0...new.count, using: &random))
        }
      }
      let diff = LineDiff.unified(path: "p", old: text(old), new: text(new))
      #expect(try applied(diff, to: old) == new)
      let edits = diff.split(separator: "\n").dropFirst(2).count { $0.hasPrefix("-") || $0.hasPrefix("+") }
      #expect(edits == new.difference(from: old).count)
    }
  }

  /// Shapes on which the shortest edit costs the square of the lines.
  @Test(.timeLimit(.minutes(15)), arguments: ["reversed", "unlike", "shuffled", "repeated", "interleaved"])
  func longTextsTakeTimeThatGrowsWithTheirLines(shape: String) throws {
    let count = 250_000
    let old = numbers(count)
    let new: [String] =
      switch shape {
      case "reversed": old.reversed()
      case "unlike": old.map { "\($0)!" }
      case "shuffled": (0..<count).map { "line \($0 * 7919 % count)" }
      case "repeated": (0..<count).map { "line \($0 % 3)" }
      default: old.flatMap { [$0, "between"] }
      }
    let diff = LineDiff.unified(path: "p", old: text(old), new: text(new))
    #expect(try applied(diff, to: old) == new)
  }
}
