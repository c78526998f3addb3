import Foundation
import HostileStrings
import KilnAzure
import KilnDiagnostics
import KilnPacker
import Testing

struct ParameterPatcherTests {
  private func patch(_ text: String, _ patch: ParameterPatch) -> (text: String?, ids: [String]) {
    let (patched, problems) = ParameterPatcher(file: "p.json").patch(Array(text.utf8), patch)
    return (patched.map { String(decoding: $0.bytes, as: UTF8.self) }, problems.map(\.id))
  }

  private func setting(_ name: String, _ value: String) -> ParameterPatch {
    ParameterPatch(parameters: [.init(name, .init(value))])
  }

  static let file = """
    {
      // for the scale set
      "$schema": "s", "unknown": 1e400,
      "parameters": {
        "a": { "value": "old" /* why */, "metadata": {"x": [1, 2,]} },
        "n": {"value": 12345678901234567890},
        "b": {"value": true},
        "kv": {"reference": {"keyVault": {"id": "/subscriptions/x"}, "secretName": "s"}},
        "t": {"value": "pre-@@T@@-post @@T@@ \\u0041\\/@@U@@"}
      }
    }
    """

  @Test(arguments: hostileStrings) func anyTextArrivesAndNothingElseChanges(_ value: String) throws {
    let (text, _) = patch(Self.file, setting("a", value))
    let patched = try #require(text)
    let plain = #"{"parameters": {"a": {"value": "old"}}}"#
    let (small, _) = patch(plain, setting("a", value))
    let root =
      try JSONSerialization.jsonObject(with: Data(try #require(small).utf8)) as? [String: [String: [String: String]]]
    let isJSONString = value.count > 1 && value.hasPrefix("\"") && value.hasSuffix("\"")
    #expect(root?["parameters"]?["a"]?["value"] == (isJSONString ? String(value.dropFirst().dropLast()) : value))
    let parts = Self.file.split(separator: "\"old\"", maxSplits: 1)
    #expect(patched.hasPrefix(parts[0]) && patched.hasSuffix(parts[1]))
  }

  /// Of tokens that are parts of each other each would stand everywhere in the other's places.
  @Test func noTokenIsPartOfAnother() {
    var patch = ParameterPatch()
    patch.tokens = (1...50).map { .init(String(repeating: "a", count: $0), .init("x")) }
    let text = #"{"parameters": {"a": {"value": ""# + String(repeating: "a", count: 1_000_000) + #""}}}"#
    let (patched, problems) = ParameterPatcher(file: "p.json").patch(Array(text.utf8), patch)
    #expect(patched == nil && problems.count == 49)
    #expect(problems.first?.message == #"the token "a" is part of "aa""#)
    patch.tokens = [.init("@@A@@", .init("x")), .init("@@A@@", .init("y"))]
    #expect(self.patch(Self.file, patch).ids == ["parameters.overlap"])
    patch.tokens = (1...1001).map { .init("@@\($0)@@", .init("x")) }
    #expect(self.patch(Self.file, patch).ids == ["parameters.token"])
    patch.tokens = []
    patch.parameters = (1...1000).map { .init("none\($0)", .init("x")) }
    #expect(self.patch(Self.file, patch).ids == Array(repeating: "parameters.unknown", count: 99))
    patch.parameters += [.init("a", .init("x"))]
    #expect(self.patch(Self.file, patch).ids == ["parameters.unknown"])
  }

  /// A value is put into every place of its token: what that comes to has a limit, over all tokens.
  @Test func aFileDoesNotGrowWithoutEnd() {
    let text = #"{"parameters": {"a": {"value": ""# + String(repeating: "@@", count: 400_000) + #""}}}"#
    var patch = ParameterPatch()
    patch.tokens = [.init("@@", .init(String(repeating: "x", count: 60_000)))]
    let (patched, problems) = ParameterPatcher(file: "p.json").patch(Array(text.utf8), patch)
    #expect(patched == nil && problems.map(\.id) == ["parameters.token"])
    #expect(problems.first?.message.contains("400000 times") == true)
  }

  /// In the file's own layout, and nothing where it is that reference already.
  @Test func aValueBecomesAReference() throws {
    let id = "/subscriptions/00000000-0000-0000-0000-000000000000/vaults/kv"
    var patch = ParameterPatch()
    patch.references = [.init("Password", vault: id, secret: "web", version: "1")]
    let spread = """
      {
          "parameters": {
              "password": {
                  "value": "old"
              }
          }
      }

      """
    let (text, ids) = self.patch(spread, patch)
    #expect(ids == ["parameters.case"])
    #expect(
      text == """
        {
            "parameters": {
                "password": {
                    "reference": {
                        "keyVault": {
                            "id": "\(id)"
                        },
                        "secretName": "web",
                        "secretVersion": "1"
                    }
                }
            }
        }

        """)
    let again = self.patch(try #require(text), patch)
    #expect(again.text == text)
    patch.references = [.init("kv", vault: id, secret: "web", version: nil)]
    let (other, _) = self.patch(Self.file, patch)
    let new = #""kv": {"reference": {"keyVault": {"id": "\#(id)"}, "secretName": "web"}}"#
    #expect(
      other
        == Self.file.replacing(
          #""kv": {"reference": {"keyVault": {"id": "/subscriptions/x"}, "secretName": "s"}}"#, with: new))
    #expect(self.patch(#"{"parameters": {"kv": {}}}"#, patch).ids == ["parameters.shape"])
    #expect(self.patch(#"{"parameters": {"kw": {"value": 1}}}"#, patch).ids == ["parameters.unknown"])
  }

  /// Without a limit, and with columns counted from the line's beginning each time, this takes many minutes.
  @Test(arguments: [
    #""p":{"value":1},"#, #""P":{"value":1,"value":1},"#, #""p":{"value":1,"reference":{}},"#,
  ]) func duplicatesOnOneLineAreCounted(_ member: String) {
    let count = 40_000
    let text = #"{"parameters":{"é":{"value":1},"# + String(repeating: member, count: count) + "}}"
    let (patched, problems) = ParameterPatcher(file: "p.json").patch(Array(text.utf8), setting("p", "2"))
    #expect(patched == nil)
    #expect(problems.count(where: { $0.id == "parameters.duplicate" }) == 100)
    // Every key but the first, and each value or reference beside a value.
    let all = member.contains(",\"") ? 2 * count - 1 : count - 1
    #expect(problems.last?.message == "\(all - 99) more keys are given twice")
    #expect(problems.allSatisfy { $0.location?.position?.line == 1 })
  }

  @Test func columnsCountScalarsAlsoFarBehind() {
    for padding in [0, 1, 1021, 1022, 1023, 1024, 5000] {
      let text = #"{"parameters":{"a":{"value":"\#(String(repeating: "é🎉", count: padding))"},"b":{"value":1},"b":{}}}"#
      let (_, problems) = ParameterPatcher(file: "p.json").patch(Array(text.utf8), setting("a", "2"))
      let place = problems.first?.location?.position
      #expect(place?.column == text.unicodeScalars.count - #""b":{}}}"#.count + 1)
    }
  }

  @Test(arguments: hostileStrings) func secretsArriveByTokenAndAreNotShown(_ value: String) throws {
    let (patched, problems) = ParameterPatcher(file: "p.json").patch(
      Array(#"{"parameters": {"a": {"value": "x@@T@@y"}}}"#.utf8),
      ParameterPatch(tokens: [.init("@@T@@", .init(value, isSecret: true))]))
    #expect(problems.isEmpty)
    let bytes = try #require(patched).bytes
    let root = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: [String: [String: String]]]
    #expect(root?["parameters"]?["a"]?["value"] == "x\(value)y")
    #expect(patched?.holdsSecret == true)
    #expect(
      patched.map { String(decoding: $0.shownAfter, as: UTF8.self) } == #"{"parameters": {"a": {"value": "x***y"}}}"#)
  }

  @Test func replacesEveryTokenAlsoWhereTheStringHasEscapes() {
    let both = ParameterPatch(tokens: [.init("@@T@@", .init("1")), .init("A/@@U@@", .init("2"))])
    #expect(
      patch(Self.file, both).text == Self.file.replacing("@@T@@", with: "1").replacing("\\u0041\\/@@U@@", with: "2"))
  }

  @Test(arguments: [
    ("n", "7", Self.file.replacing("12345678901234567890", with: "7")),
    ("b", "false", Self.file.replacing("true", with: "false")),
    ("A", "new", Self.file.replacing("\"old\"", with: "\"new\"")),
  ]) func keepsTheType(_ name: String, _ value: String, _ expected: String) {
    #expect(patch(Self.file, setting(name, value)).text == expected)
  }

  @Test(arguments: [
    ("n", "many", "parameters.type"), ("b", "1", "parameters.type"), ("nope", "x", "parameters.unknown"),
    ("kv", "x", "parameters.reference"),
  ]) func refuses(_ name: String, _ value: String, _ id: String) {
    let result = patch(Self.file, setting(name, value))
    #expect(result.text == nil && result.ids == [id])
  }

  @Test func refusesFilesThatAreNone() {
    #expect(patch("", setting("a", "b")).ids == ["parameters.syntax"])
    #expect(patch("[]", setting("a", "b")).ids == ["parameters.shape"])
    #expect(patch(#"{"parameters": {"a": {"value": 01}}}"#, setting("a", "b")).ids == ["parameters.syntax"])
    #expect(
      patch(#"{"parameters": {"a": {"value": 1}, "A": {"value": 2}}}"#, setting("a", "3")).ids == [
        "parameters.duplicate"
      ])
    #expect(patch(String(repeating: "[", count: 100_000), setting("a", "b")).ids == ["parameters.syntax"])
    let (none, problems) = ParameterPatcher(file: "p.json").patch([0xFF, 0x00, 0xC3], setting("a", "b"))
    #expect(none == nil && problems.map(\.id) == ["parameters.encoding"])
  }

  @Test func overlappingChangesAreRefused() {
    let twice = ParameterPatch(parameters: [.init("t", .init("x"))], tokens: [.init("@@T@@", .init("1"))])
    #expect(patch(Self.file, twice).ids.contains("parameters.overlap"))
  }

  @Test func makesAReferenceAValueWhenAsked() {
    let result = patch(
      #"{"parameters": {"kv": {"reference": {"keyVault": {"id": "x"}, "secretName": "s"}, "metadata": 1}}}"#,
      ParameterPatch(parameters: [.init("kv", .init("v"))], replacesReferences: true))
    #expect(result.text == #"{"parameters": {"kv": {"value": "v", "metadata": 1}}}"#)
  }

  @Test func addsInTheFilesOwnLayout() {
    let file = "{\r\n\t\"parameters\": {\r\n\t\t\"a\": {\r\n\t\t\t\"value\": 1\r\n\t\t} // last\r\n\t}\r\n}"
    let added = patch(
      file, ParameterPatch(parameters: [.init("b", .init("x")), .init("c", .init("2"))], addsMissing: true))
    #expect(
      added.text
        == "{\r\n\t\"parameters\": {\r\n\t\t\"a\": {\r\n\t\t\t\"value\": 1\r\n\t\t}, // last\r\n\t\t\"b\": {\r\n\t\t\t\"value\": \"x\"\r\n\t\t},\r\n\t\t\"c\": {\r\n\t\t\t\"value\": 2\r\n\t\t}\r\n\t}\r\n}"
    )
    #expect(
      patch(#"{"parameters": {}}"#, ParameterPatch(parameters: [.init("a", .init("1"))], addsMissing: true)).text?
        .contains("\"value\": 1") == true)
  }

  @Test func utf16StaysUTF16() throws {
    let units = Array("\u{FEFF}{\"parameters\": {\"a\": {\"value\": \"ü\"}}}".utf16)
    let bytes = units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let patched = try #require(ParameterPatcher(file: "p.json").patch(bytes, setting("a", "ö")).patched)
    #expect(
      patched.bytes
        == Array("\u{FEFF}{\"parameters\": {\"a\": {\"value\": \"ö\"}}}".utf16).flatMap {
          [UInt8($0 & 0xFF), UInt8($0 >> 8)]
        })
  }

  @Test func theTemplateJudges() throws {
    let template = try DeploymentTemplate(
      Array(
        #"""
        {"parameters": {"imageUri": {"type": "string"}, "imageId": {"type": "string"}, "count": {"type": "int", "minValue": 1, "maxValue": 3},
          "sku": {"type": "string", "allowedValues": ["a", "b"], "maxLength": 1}, "need": {"type": "string"}, "free": {"type": "string", "defaultValue": ""}},
         "resources": [{"image": {"uri": "[parameters('imageUri')]"}, "imageReference": {"id": "[parameters('imageId')]"}}]}
        """#.utf8), file: "t.json")
    func ids(_ file: String, _ entries: ParameterPatch.Entry...) -> [String] {
      ParameterPatcher(file: "p.json", template: template).patch(Array(file.utf8), ParameterPatch(parameters: entries))
        .problems.map(\.id).sorted()
    }
    let file =
      #"{"parameters": {"imageUri": {"value": ""}, "imageId": {"value": ""}, "count": {"value": 1}, "sku": {"value": "a"}, "need": {"value": ""}}}"#
    #expect(ids(file, .init("count", .init("2"))) == [])
    #expect(ids(file, .init("count", .init("9"))) == ["parameters.length"])
    #expect(ids(file, .init("sku", .init("cc"))) == ["parameters.allowed", "parameters.length"])
    #expect(ids(file, .init("imageId", .init("https://x", artifactKind: .vhd))) == ["parameters.artifact-kind"])
    #expect(
      ids(file, .init("imageUri", .init("/subscriptions/x", artifactKind: .managedImage))) == [
        "parameters.artifact-kind"
      ])
    #expect(
      ids(#"{"parameters": {"extra": {"value": 1}}}"#, .init("extra", .init("2"))).contains(
        "parameters.not-in-template"))
    #expect(
      ids(#"{"parameters": {"sku": {"value": "a"}}}"#, .init("sku", .init("b"))).filter { $0 == "parameters.missing" }
        .count == 4)
  }
}
