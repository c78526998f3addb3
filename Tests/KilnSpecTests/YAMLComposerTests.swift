import Foundation
import KilnDiagnostics
import Testing
import Yams

@testable import KilnSpec

struct YAMLComposerTests {
  private func compose(_ text: String, _ limits: YAMLComposer.Limits = .init()) throws -> (SpecNode, [Diagnostic]) {
    var composer = YAMLComposer(file: "a.yaml", limits: limits)
    let node = try composer.compose(text)
    return (node, composer.problems)
  }

  /// What another reader makes of the same text; places left out.
  private static func drawn(_ node: Yams.Node) -> String {
    switch node {
    case .scalar(let scalar): return "\(scalar.style == .plain ? "" : "'")\(scalar.string)"
    case .sequence(let items): return "[\(items.map(drawn).joined(separator: ", "))]"
    case .mapping(let map):
      // How a key is quoted means nothing.
      return "{\(map.map { "\($0.key.string ?? drawn($0.key)): \(drawn($0.value))" }.joined(separator: ", "))}"
    case .alias: return "*"
    }
  }

  private static func drawn(_ node: SpecNode, isKey: Bool = false) -> String {
    switch node.content {
    case .scalar(let scalar): return "\(scalar.isPlain ? "" : "'")\(scalar.text)"
    case .list(let items): return "[\(items.map { drawn($0) }.joined(separator: ", "))]"
    case .map(let entries): return "{\(entries.map { "\($0.key): \(drawn($0.value))" }.joined(separator: ", "))}"
    }
  }

  static let texts = [
    "a: 1", "a:\n  b: [x, \"y\", 'z']\n  c: {d: e}\n", "- 1\n- - 2\n  - 3\n", "a: |\n  x\n   y\n\nb: >-\n  z\n  w\n",
    "a: &x {b: 1}\nc: *x\nd: [*x, *x]\n", "a: ~\nb:\nc: null\n", "a: \"\\u00e4\\n\"\nb: 'it''s'\n", "--- \na: 1\n...\n",
    "? a\n: b\n", "a: x # comment\n# other\nb: y#z\n", "ключ: значение\n", "{}", "[]", "x", "\"x\"",
  ]

  @Test(arguments: texts) func readsAsYamsDoes(_ text: String) throws {
    let other = try #require(try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot())
    #expect(Self.drawn(try compose(text).0) == Self.drawn(other))
  }

  @Test func readsTheCatalogAsYamsDoes() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    var count = 0
    for folder in ["templates", "examples"] {
      let files = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil)
      while let file = files?.nextObject() as? URL {
        guard file.pathExtension == "yaml" else { continue }
        let text = try String(contentsOf: file, encoding: .utf8)
        guard let other = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot() else { continue }
        #expect(Self.drawn(try compose(text).0) == Self.drawn(other), "\(file.lastPathComponent)")
        count += 1
      }
    }
    #expect(count > 30)
  }

  @Test func keepsPlaces() throws {
    let (node, _) = try compose("a:\n  - b: \"x y\"\n    c: |\n      text\nä: &n 7\nd: *n\n")
    #expect(node.entry("a")?.keyLocation.text == "a.yaml:1:1")
    let item = try #require(node["a"]?.items?.first)
    #expect(item.location.text == "a.yaml:2:5")
    #expect(item["b"]?.location == SourceLocation(file: "a.yaml", line: 2, column: 8, length: 5))
    #expect(item["c"]?.location == SourceLocation(file: "a.yaml", line: 3, column: 8, length: 1))
    #expect(node.entry("ä")?.keyLocation == SourceLocation(file: "a.yaml", line: 5, column: 1, length: 1))
    #expect(node["d"]?.location.text == "a.yaml:5:4")
  }

  @Test func findsEveryDoubledKey() throws {
    let (node, problems) = try compose("a: 1\nb: {c: 1, c: 2}\na: 3\na: 4\n")
    #expect(problems.map(\.id) == ["spec.duplicate-key", "spec.duplicate-key", "spec.duplicate-key"])
    #expect(problems.map { $0.location?.text } == ["a.yaml:2:11", "a.yaml:3:1", "a.yaml:4:1"])
    #expect(node["a"]?.scalar?.text == "4")
    #expect(node["b"]?["c"]?.scalar?.text == "2")
  }

  @Test func keysAreText() throws {
    let (node, problems) = try compose("[a]: 1\n{b: c}: 2\n<<: {x: 1}\n\"<<\": 3\nd: 4\n")
    #expect(problems.map(\.id) == ["spec.wrong-type", "spec.wrong-type", "spec.merge-key"])
    #expect(node.entries?.map(\.key) == ["<<", "d"])
  }

  private func failure(_ text: String, _ limits: YAMLComposer.Limits = .init()) -> String {
    do {
      _ = try compose(text, limits)
      return "read"
    } catch let error as YAMLComposer.Failure {
      switch error {
      case .syntax(let error):
        return "syntax \(error.position.map { "\($0.line):\($0.column)" } ?? "-"): \(error.problem)"
      case .empty: return "empty"
      case .severalDocuments(let place): return "several \(place.line)"
      case .tooManyValues(let place): return "values \(place.line)"
      case .tooDeep(let place): return "deep \(place.line)"
      case .unknownAlias(let name, _): return "alias \(name)"
      }
    } catch { return "\(error)" }
  }

  @Test func refuses() {
    #expect(failure("") == "empty")
    #expect(failure("# nothing\n") == "empty")
    #expect(failure("a: 1\n---\nb: 2\n") == "several 2")
    #expect(failure("a: *x\n") == "alias x")
    #expect(failure("a: &a [*a]\n") == "alias a")
    #expect(failure("a: [1\nb: 2\n").hasPrefix("syntax 2:2:"))
    #expect(failure("a: \"x\n").hasPrefix("syntax "))
    #expect(failure("a:\n\t- b\n").hasPrefix("syntax 2:1:"))
    #expect(failure(String(repeating: "[", count: 5000)) == "deep 1")
    #expect(failure(String(repeating: "- ", count: 5000)) == "deep 1")
    #expect(failure(String(repeating: "{a: ", count: 5000)) == "deep 1")
  }

  @Test func countsWhatAliasesExpandTo() {
    var text = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      text += "l\(level): &l\(level) [\(Array(repeating: "*l\(level - 1)", count: 10).joined(separator: ", "))]\n"
    }
    #expect(failure(text) == "values 5")
    // As a key as well, where nothing is made of it.
    #expect(failure(text.replacing("\nl9: &l9 ", with: "\n? ")) == "values 5")
  }
}
