import Testing

@testable import KilnSpec

struct TextPatternTests {
  @Test(arguments: [
    ("", ""), ("a", "a"), ("a.c", "abc"), ("a.c", "aéc"), ("[a-c]+", "abcabc"), ("[^a-c]+", "xyz"), ("a|bc", "bc"),
    ("(a|b)*c", "ababc"), ("a?", ""), ("a{3}", "aaa"), ("a{2,}", "aaaa"), ("a{1,2}", "aa"), ("a{0}b", "b"),
    ("(?:ab)+", "abab"), ("^a$", "a"), ("(^a|b)c$", "ac"), ("\\d\\d", "42"), ("\\w+", "a_B9"), ("\\s", " "),
    ("\\D\\W\\S", "x-x"), ("[\\d.]+", "1.2"), ("\\.\\\\\\[", ".\\["), ("\\x41\\u0042", "AB"), ("a+?b*?", "aab"),
    ("[\\]]", "]"), ("[a-]+", "a-a"), ("[-a]+", "-a"), ("(a*)*", "aaa"),
    ("(|a)b", "b"), ("(a|b|)", ""), ("[A-Za-z0-9@._{}-]+", "a@{b}"), ("ключ", "ключ"), ("[а-я]+", "ключ"),
  ]) func matches(_ pattern: String, _ text: String) { #expect(TextPattern.matches(text, pattern)) }

  @Test(arguments: [
    ("", "a"), ("a", ""), ("a", "aa"), ("a", "A"), ("[a-c]+", "abd"), ("[^a]", "a"), ("a|bc", "abc"), ("a{3}", "aa"),
    ("a{3}", "aaaa"), ("a{2,3}", "aaaa"), (".", "\n"), ("^a", "ba"), ("a$b", "ab"), ("a^b", "ab"), ("\\d", "x"),
    ("\\d", "٣"), ("(a*)*b", "aaa"),
  ]) func doesNotMatch(_ pattern: String, _ text: String) { #expect(!TextPattern.matches(text, pattern)) }

  @Test(arguments: [
    "(", ")", "(a", "a)", "[", "[a", "[]", "[z-a]", "*a", "a**", "+", "?", "{2}", "a{", "a{x}", "a{2,1}", "]", "}",
    "\\",
    "\\q", "\\1", "(?=a)", "(?!a)", "(?<n>a)", "(?i)a", "\\b", "\\p{L}", "\\x4", "\\u00", "[[:alpha:]]", "[a&&b]",
    "[\\D]", "a{501}", "(a{30}){30}", String(repeating: "(", count: 33) + String(repeating: ")", count: 33),
    String(repeating: "[", count: 5000), String(repeating: "(", count: 100_000), String(repeating: "a", count: 100_000),
  ]) func refuses(_ pattern: String) { #expect(TextPattern.problem(pattern) != nil, "\(pattern.prefix(40))") }

  /// One step for each character and each step of the pattern, whatever the two are.
  @Test(arguments: [
    ("(a+)+b", String(repeating: "a", count: 4000)), ("(a|a)*b", String(repeating: "a", count: 4000)),
    ("(a?){80}a{80}", String(repeating: "a", count: 80)), ("(.*.*)*x", String(repeating: "y", count: 4000)),
  ]) func takesTimeThatGrowsWithTheText(_ pattern: String, _ text: String) throws {
    let compiled = try TextPattern(pattern)
    var machine = TextPatternMachine(compiled.steps)
    _ = machine.run(text)
    #expect(machine.tried <= compiled.steps.count * text.unicodeScalars.count)
  }

  /// Every pattern of Kiln's own shapes is one, and Swift's expressions, which ECMA-262's schema shares, agree with it.
  @Test func agreesWithSwiftOnTheShapes() throws {
    var rules: [String] = []
    for shape in [Shape.environment, .workspace, .base, .component, .service] { Self.collect(shape, &rules) }
    let samples = [
      "", "a", "A", "acme", "acme-2", "-a", "a-", "a--b", "debian-12", "a.b", "DB_PASSWORD", "1a", "/", "/x y", "/é",
      "0644",
      "20Gi", "0Gi", "registry.example.com:5000/team/a_b", "a:b:c", "type=registry,ref=x", "linux/amd64",
      "linux/arm64/v8",
      "vhd", "ami", "xami", "SIGTERM", "Standard_DS2_v2", "{{version}}",
      String(repeating: "0123456789abcdef", count: 4),
      "php8.2-fpm", "a@b", "x\ny", "é",
    ]
    #expect(Set(rules).count > 15)
    for rule in Set(rules) {
      try #require(TextPattern.problem(rule) == nil, "\(rule)")
      let regex = try Regex(rule).matchingSemantics(.unicodeScalar)
      for sample in samples {
        let expected = try regex.wholeMatch(in: sample) != nil
        #expect(TextPattern.matches(sample, rule) == expected, "\(rule) and \(sample)")
      }
    }
  }

  private static func collect(_ shape: Shape, _ rules: inout [String]) {
    switch shape {
    case .text(let rule): if let pattern = rule.pattern { rules.append(pattern) }
    case .list(let item, _): collect(item, &rules)
    case .map(let keys, let values, _):
      if let pattern = keys.pattern { rules.append(pattern) }
      collect(values, &rules)
    case .object(let object), .choice(let object): for key in object.keys { collect(key.shape, &rules) }
    case .either(let one, let other):
      collect(one, &rules)
      collect(other, &rules)
    default: break
    }
  }
}
