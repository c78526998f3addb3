import KilnDiagnostics
import KilnSpec
import Testing

struct YAMLReaderTests {
  private func read(_ text: String) -> (root: SpecNode?, problems: [Diagnostic]) {
    YAMLReader(file: "a.yaml").read(text)
  }

  private func places(_ text: String) -> [String] {
    read(text).problems.map { "\($0.id) \($0.location?.position.map { "\($0.line):\($0.column)" } ?? "-")" }
  }

  @Test func aByteOrderMarkIsNoPartOfTheFirstLine() throws {
    let (root, problems) = read("\u{FEFF}a: 1\nb: 2\n")
    #expect(problems == [])
    #expect(root?["a"]?.location == SourceLocation(file: "a.yaml", line: 1, column: 4))
    #expect(places("\u{FEFF}") == ["spec.empty -"])
    #expect(places("\u{FEFF}a: 1\na: 2\n") == ["spec.duplicate-key 2:1"])
  }

  @Test func linesMayEndAsOnWindows() throws {
    let (root, problems) = read("a: |\r\n  x\r\n  y\r\nb: \"c\r\n  d\"\r\n")
    #expect(problems == [])
    #expect(root?["a"]?.scalar?.text == "x\ny\n")
    #expect(root?["b"]?.scalar?.text == "c d")
    #expect(root?["b"]?.location.position == SourcePosition(line: 4, column: 4))
    #expect(places("a: 1\rb: 2\n") == ["spec.character 1:5"])
  }

  static let separators: [Unicode.Scalar] = ["\u{85}", "\u{2028}", "\u{2029}", "\u{FEFF}"]

  /// A comment that ends for other readers, a key that nobody sees.
  @Test(arguments: separators) func separatorsStandInQuotesAlone(_ scalar: Unicode.Scalar) {
    #expect(places("a: 1 # x\(scalar)b: 2\n") == ["spec.character 1:9"])
    #expect(places("a: x\(scalar)b\n") == ["spec.character 1:5"])
    #expect(places("a: |\n  x\(scalar)b\n") == ["spec.character 2:4"])
    #expect(places("a\(scalar): 1\n") == ["spec.character 1:2"])
    #expect(places("a: [x,\(scalar) y]\nb: &\(scalar) 1\n").prefix(1) == ["spec.character 1:7"])
    for quote in ["\"", "'"] {
      let (root, problems) = read("a: \(quote)x \(scalar) y\(quote) # z\nb: 1\n")
      #expect(problems == [])
      #expect(root?["a"]?.scalar?.text == "x \(scalar) y")
      #expect(root?["b"]?.location.position == SourcePosition(line: 2, column: 4))
    }
    // What stands for it is one that the text does not have.
    #expect(read("a: \"\u{E000}\(scalar)\"\n").root?["a"]?.scalar?.text == "\u{E000}\(scalar)")
  }

  @Test(arguments: [
    ("a: \u{7}\n", "1:4"), ("a: \"\u{1B}\"\n", "1:5"), ("# \u{0}\n", "1:3"), ("a: é\u{7F}\n", "1:5"),
    ("a: \u{9B}\n", "1:4"),
    ("a:\n  b: \"x\\0y\"\n", "2:6"), ("a: \"\\u0000\"\n", "1:4"), ("\"a\\x00\": 1\n", "1:1"), ("a: \u{FFFE}\n", "1:4"),
  ]) func controlCharactersAreRefused(_ text: String, _ place: String) {
    #expect(places(text) == ["spec.character \(place)"])
  }

  @Test(arguments: [
    ("a: !x 1\n", "1:4"), ("a: !!int \"1\"\n", "1:4"), ("a: !x [1]\n", "1:4"), ("a: !x {b: 1}\n", "1:4"),
  ]) func tagsAreRefused(_ text: String, _ place: String) { #expect(places(text) == ["spec.tag \(place)"]) }

  @Test func aTagThatSaysTextIsTaken() { #expect(places("a: !!str 8.2\nb: ! x\n") == []) }

  /// The line that a person has to change.
  @Test(arguments: [
    ("a:\n\tb: 1\n", "2:1", "tab"), ("a:\n  b: 1\n\tc: 2\n", "3:1", "tab"),
    ("a:\n  b: 1\n c: 2\n", "3:2", "does not match its neighbours"),
    ("a:\n    b: 1\n  c: 2\n", "3:3", "does not match its neighbours"), ("a: 1\n  b: 2\n", "2:3", "deeper"),
    ("a:\n  - x\n - y\n", "3:2", "does not match its neighbours"), ("a\nb: 1\n", "1:1", "no `key: value`"),
    ("a:1\nb: 2\n", "1:1", "no `key: value`"), ("a:\n  b\n\n  c: 1\n", "2:3", "no `key: value`"),
    ("a: b: c\n", "1:5", "second"),
    ("a: \"x\nb: 2\n", "1:4", "never closed"),
    ("a: [x\nb: 2\n", "2:2", "missing"), ("a: {x: 1\nb: 2\n", "2:2", "missing"), ("a: @x\n", "1:4", "begin with @"),
    ("a: `x`\n", "1:4", "begin with `"), ("a: *.php\n", "1:4", "begin with *"), ("a: \"\\q\"\n", "1:5", "escape"),
    ("a: - b\n", "1:4", "list cannot begin"), ("a: 1\n--- \nb: 1\n", "2:1", "second document"),
    ("a: *b\n", "1:4", "no anchor"),
  ]) func saysWhatIsWrongInWhichLine(_ text: String, _ place: String, _ words: String) {
    let problems = read(text).problems
    #expect(places(text) == ["spec.syntax \(place)"], "\(problems.map(\.message))")
    #expect(problems.first?.message.contains(words) == true, "\(problems.map(\.message))")
    #expect(problems.first?.suggestion != nil)
  }

  /// Anchors in anchors: no text is that deep.
  @Test func depthCountsWhatAliasesBring() {
    var text = "l0: &l0 [x]\n"
    for level in 1...110 { text += "l\(level): &l\(level) [*l\(level - 1)]\n" }
    #expect(read(text).problems.map(\.id) == ["spec.depth-limit"])
  }
}
