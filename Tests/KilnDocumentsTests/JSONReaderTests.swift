import HostileStrings
import KilnDocuments
import Testing

struct JSONReaderTests {
  @Test func readsEachKindOfValue() throws {
    let text = #" {"a": [1, -2.5, 1e3, true, false, null, {}, []], "b": "\u00e4\n\"\\\/\ud83d\ude00\ud800"} "#
    let value = try JSONReader.read(text)
    #expect(
      value == [
        "a": [1, .decimal(-2.5), .decimal(1000), true, false, nil, [:], []], "b": "ä\n\"\\/😀\u{FFFD}",
      ])
    #expect(value["a"]?.items.first?.integerValue == 1 && value["b"]?.textValue?.hasPrefix("ä") == true)
  }

  @Test(arguments: hostileStrings)
  func readsWhatTheRendererWrites(_ text: String) throws {
    let value: DocumentValue = ["key": .string(text), "list": [.string(text)]]
    #expect(try JSONReader.read(JSONRenderer().render(value)) == value)
  }

  @Test(
    arguments: [
      "", "{", "[1,]", "{\"a\" 1}", "{\"a\": 1,}", "nul", "01x", "\"\u{1}\"", "\"", "\"\\x\"", "1 2", "[1 2]", "--1",
      String(repeating: "[", count: 300),
    ])
  func refusesWhatIsNoJSON(_ text: String) {
    #expect(throws: JSONReader.Failure.self) { try JSONReader.read(text) }
  }
}
