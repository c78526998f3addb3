import Foundation
import HostileStrings
import KilnDocuments
import Testing
import Yams

struct RendererTests {
  @Test(arguments: hostileStrings) func yamlCarriesEveryString(_ text: String) throws {
    let document: DocumentValue = ["k": .string(text), "l": [.string(text), ["m": .string(text)]], "u": .unsafe(text)]
    let rendered = YAMLRenderer().render(document)
    let node = try #require(try Yams.compose(yaml: rendered))
    #expect(node["k"]?.string == text)
    #expect(node["l"]?[0]?.string == text)
    #expect(node["l"]?[1]?["m"]?.string == text)
    #expect(node["u"]?.scalar?.string == text)
    // What a reader would take for something else is quoted.
    let loaded = try Yams.load(yaml: YAMLRenderer().render(["v": .string(text)])) as? [String: Any]
    #expect(loaded?["v"] as? String == text)
  }

  @Test(arguments: hostileStrings) func yamlCarriesEveryKey(_ text: String) throws {
    let rendered = YAMLRenderer().render(.map(DocumentMap([(text, "v")])))
    let node = try #require(try Yams.compose(yaml: rendered)?.mapping)
    #expect(node.keys.first?.string == text)
  }

  @Test(arguments: hostileStrings) func jsonCarriesEveryString(_ text: String) throws {
    let rendered = JSONRenderer().render(["k": [.string(text)]])
    let value = try JSONSerialization.jsonObject(with: Data(rendered.utf8)) as? [String: [String]]
    #expect(value?["k"]?.first == text)
  }

  @Test(arguments: hostileStrings.filter { !$0.isEmpty }) func shellReadsEveryWord(_ text: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", "printf %s \(ShellWord.quote(text))"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(data == Data(text.utf8))
  }

  @Test func rendersReadably() {
    let document: DocumentValue = [
      "name": "a b", "on": true, "mode": "0644", "list": ["x", ["y": 1]], "none": [], "script": "a\nb\n",
    ]
    #expect(
      YAMLRenderer(header: ["Made."]).render(document) == """
        ---
        # Made.
        name: a b
        "on": true
        mode: "0644"
        list:
          - x
          - "y": 1
        none: []
        script: |
          a
          b

        """)
  }

  @Test func sortsKeysWhenAsked() {
    #expect(
      JSONRenderer(sortedKeys: true, indent: 0).render(["b": 1, "a": ["d": nil, "c": false]])
        == #"{"a": {"c": false, "d": null}, "b": 1}"# + "\n")
  }
}
