import Foundation
import HostileStrings
import KilnDiagnostics
import Testing

@testable import KilnAzure

/// Generated files: patch then parse gives the value, and no byte outside it changes.
struct ParameterPropertyTests {
  /// A file and where the value of each of its parameters stands.
  struct Generated {
    private(set) var text: [UInt8] = []
    private(set) var values: [(name: String, range: Range<Int>, isString: Bool)] = []
    private var random: SplitMix

    init(seed: UInt64) {
      random = SplitMix(state: seed)
      if random.chance(5) { text += [0xEF, 0xBB, 0xBF] }
      trivia()
      add("{")
      member("$schema", "\"https://schema.example/x\"")
      add(",")
      trivia()
      add("\"parameters\"")
      trivia()
      add(":")
      trivia()
      add("{")
      let count = Int(random.next() % 6) + 1
      for index in 0..<count {
        parameter("p\(index)\(index == 2 ? "-ü" : "")")
        if index + 1 < count || random.chance(2) { add(",") }
        trivia()
      }
      add("}")
      trivia()
      add("}")
      trivia()
    }

    private mutating func add(_ piece: String) { text += Array(piece.utf8) }

    private mutating func trivia() {
      for _ in 0..<random.next() % 3 {
        add(random.of([" ", "\t", "\n", "\r\n", "/* } \" @@T@@ */", "// it's {\n", "/**/", "//\r\n"]))
      }
    }

    private mutating func member(_ key: String, _ value: String) {
      trivia()
      add("\"\(key)\"")
      trivia()
      add(":")
      trivia()
      add(value)
      trivia()
    }

    private mutating func parameter(_ name: String) {
      trivia()
      add("\"\(name)\":")
      trivia()
      add("{")
      if random.chance(3) {
        member("metadata", #"{"description": "\"value\": 1", "value": [1, {"value": 2},],}"#)
        add(",")
      }
      trivia()
      add("\"value\"")
      trivia()
      add(":")
      trivia()
      let value = random.of([
        "\"\"", "\"plain\"", #""\u00e9\n\"\\\/ }""#, "\"日本 😀\"", "1e400", "-0.10", "12345678901234567890", "true",
        "false",
        "[1, [2], \"x\", ]", #"{"a": {"b": []}}"#,
      ])
      let start = text.count
      add(value)
      values.append((name, start..<text.count, value.hasPrefix("\"")))
      trivia()
      add("}")
      trivia()
    }
  }

  @Test(arguments: 0..<400) func onlyTheValueChanges(_ seed: Int) throws {
    let file = Generated(seed: UInt64(seed))
    for (index, (name, range, isString)) in file.values.enumerated() {
      let old = String(decoding: file.text[range], as: UTF8.self)
      let new: String =
        isString ? hostileStrings[(seed &* 7 &+ index) % hostileStrings.count] : old == "true" ? "false" : old
      let (patched, problems) = ParameterPatcher(file: "p.json").patch(
        file.text, ParameterPatch(parameters: [.init(name, .init(new, isSecret: isString))]))
      let bytes = try #require(patched, "\(problems)").bytes
      let head = Array(file.text[..<range.lowerBound])
      let tail = Array(file.text[range.upperBound...])
      #expect(bytes.starts(with: head) && bytes.suffix(tail.count) == tail[...])
      let root = try JSONCParser.parse(bytes)
      let value = try #require(root["parameters"]?[name]?["value"])
      if isString {
        #expect(value.text.map { Array($0.utf8) } == Array(new.utf8))
      } else {
        #expect(String(decoding: bytes[value.range], as: UTF8.self) == new)
      }
    }
  }

  /// Any text that JSON can carry, scalars of every kind.
  @Test(arguments: 0..<100) func anyPasswordSurvives(_ seed: Int) throws {
    var random = SplitMix(state: UInt64(seed) + 1000)
    var password = String.UnicodeScalarView()
    for _ in 0..<random.next() % 40 + 1 {
      let limit: UInt32 = random.chance(2) ? 0x80 : random.chance(2) ? 0x3000 : 0x110000
      if let scalar = Unicode.Scalar(UInt32(random.next() % UInt64(limit))) { password.append(scalar) }
    }
    let value = String(password)
    let (patched, _) = ParameterPatcher(file: "p.json").patch(
      Array(#"{"parameters": {"a": {"value": "x"}, "b": {"value": "1@@P@@2"}}}"#.utf8),
      ParameterPatch(
        parameters: [.init("a", .init(value, isSecret: true))], tokens: [.init("@@P@@", .init(value, isSecret: true))]))
    let root = try JSONCParser.parse(try #require(patched).bytes)["parameters"]
    #expect(root?["a"]?["value"]?.text.map { Array($0.utf8) } == Array(value.utf8))
    #expect(root?["b"]?["value"]?.text.map { Array($0.utf8) } == Array("1\(value)2".utf8))
  }
}

/// Numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// One time in `count`.
  mutating func chance(_ count: UInt64) -> Bool { next() % count == 0 }

  mutating func of(_ choices: [String]) -> String { choices[Int(next() % UInt64(choices.count))] }
}
