import Foundation
import KilnDiagnostics
import Testing

@testable import KilnContext

/// The project's own cases, always run, and an oracle that matches another way.
struct IgnoreRulesTests {
  @Test(arguments: [
    ("# comment\n  #file\n", ["#file"]), ("\u{FEFF}a\r\n\r\n b \t\n", ["a", "b"]),
    ("/a/\n./b//c/../d\n! /x\n", ["a", "b/d", "x"]), ("a/..\n..\n", [".", ".."]), ("\u{3000}a\u{A0}\n", ["a"]),
  ]) func reads(_ text: String, _ patterns: [String]) throws {
    let rules = try IgnoreRules(Array(text.utf8), file: "f")
    #expect(rules.rules.map { String(decoding: $0.pattern.text, as: UTF8.self) } == patterns)
  }

  @Test(arguments: [("a\n!\n", "f:2:1"), ("ok\n  [a\n", "f:2:3"), ("x\n![]a]\n", "f:2:1"), ("\\", "f:1:1")])
  func refusesWhatTheEngineRefuses(_ text: String, _ place: String) {
    #expect {
      try IgnoreRules(Array(text.utf8), file: "f")
    } throws: { ($0 as? DiagnosticsError)?.diagnostics.map { $0.location?.text } == [place] }
  }

  @Test(arguments: [
    ("a", "a/b", true), ("a/**", "a", false), ("a/**", "a/b", true), ("**/a", "x/y/a", true), ("**/a", "a", true),
    ("**", "x", true), ("*", "x/y", true), ("*.md", "x/y.md", false), ("**.md", "x/y.md", true),
    ("a/*/c", "a/b/c/d", true), ("a?c", "a/c", false), ("[a-c]x", "bx", true), ("[^a-c]x", "bx", false),
    (#"a\*b"#, "a*b", true), (#"a\*b"#, "axb", false), ("a**/*.txt", "a/dir/f.txt", true), ("^a", "^a", true),
    (#"\d"#, "7", true), ("ü*", "üx", true), ("?", "ü", true),
    ("**/b*c", "bc", true), ("**/b*c", "x/bc", true), ("a**/b*", "ab", true), ("*x0*", "x0", true),
    ("*x0*", "ax1", false),
    ("*?/b?c*", "xy/bzc", true), ("***/xx*", "a/xx1", true), ("*a?b*", "xaab", true), ("*aab*", "xaaab", true),
  ]) func matches(_ pattern: String, _ path: String, _ isExcluded: Bool) throws {
    let rules = try IgnoreRules(Array(pattern.utf8), file: "f")
    #expect(try rules.verdict(on: Array(path.utf8)).isExcluded == isExcluded)
  }

  /// As the engine walks: an exception for a folder does not reach what another rule leaves out inside it.
  @Test func theEnginesWalkDecides() throws {
    let rules = try IgnoreRules(Array("foo/bar\n!foo\n".utf8), file: "f")
    #expect(try rules.verdict(on: Array("foo/bar/baz".utf8)).isExcluded)
    #expect(try !Oracle.matchesOrParentMatches(rules, "foo/bar/baz"))
  }

  @Test func aPatternThatGoRefusesIsToldWhenItIsNeeded() throws {
    let rules = try IgnoreRules(Array("src\\obj\n".utf8), file: "f")
    #expect {
      try rules.verdict(on: Array("x".utf8))
    } throws: { ($0 as? IgnoreRuleFailure)?.diagnostic.location?.text == "f:1:1" }
    // An exception that nothing needs is never looked at.
    let unused = try IgnoreRules(Array("!src\\obj\n".utf8), file: "f")
    #expect(try !unused.verdict(on: Array("x".utf8)).isExcluded)
  }

  @Test func agreesWithAnOracleOnRandomPatterns() throws {
    var random = SystemRandomNumberGenerator()
    let pieces = ["a", "b", "ab", ".", "*", "**", "?", "/", "/", "**/", "c"]
    let parts = ["a", "b", "ab", "c", "a.b", "abc", ".a"]
    for _ in 0..<4000 {
      let text = (0..<Int.random(in: 1...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "a" }
        .joined()
      let path = (0..<Int.random(in: 1...4, using: &random)).map { _ in parts.randomElement(using: &random) ?? "a" }
        .joined(separator: "/")
      guard let pattern = try IgnorePattern(IgnoreRules.normalized(Array(text.utf8))), pattern.text != [0x2F] else {
        continue
      }
      let expected = IgnoreOracle.matches(pattern.text, Array(path.utf8))
      #expect(try pattern.matches(IgnorePath(Array(path.utf8))) == expected, "\(text) \(path)")
    }
  }

  /// Many rules are looked up by how paths begin and end; few are tried one by one, as here one after the other.
  @Test func theIndexChangesNoVerdict() throws {
    var generator = SystemRandomNumberGenerator()
    func text(_ pieces: [String], _ count: Int) -> String {
      (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "a" }.joined()
    }
    for _ in 0..<200 {
      var patterns: [[UInt8]] = []
      while patterns.count < 60 {
        let pattern = text(["a", "b", "ab", "*", "**", "**/", "/", "?", ".", "[ab]", "ü"], .random(in: 1...5))
        let isException = Bool.random(using: &generator)
        if (try? IgnorePattern(Array(pattern.utf8))) != nil {
          patterns.append(Array(((isException ? "!" : "") + pattern).utf8))
        }
      }
      guard let rules = try? IgnoreRules(patterns: patterns) else { continue }
      for _ in 0..<50 {
        let path = (0..<Int.random(in: 1...4)).map { _ in text(["a", "b", "ab", ".", "ü"], .random(in: 1...3)) }
          .joined(separator: "/")
        let expected = try Self.verdict(rules, path)
        #expect(try rules.verdict(on: Array(path.utf8)).isExcluded == expected, "\(path) \(rules.rules.map(\.text))")
      }
    }
  }

  private static func verdict(_ rules: IgnoreRules, _ path: String) throws -> Bool {
    var matched = Set<Int>()
    var isExcluded = false
    let parts = path.split(separator: "/")
    for count in 1...parts.count {
      let part = IgnorePath(Array(parts[..<count].joined(separator: "/").utf8))
      isExcluded = false
      for (index, rule) in rules.rules.enumerated() {
        if !matched.contains(index) {
          guard rule.isException == isExcluded, try rule.pattern.matches(part) else { continue }
          matched.insert(index)
        }
        isExcluded = !rule.isException
      }
    }
    return isExcluded
  }
}
