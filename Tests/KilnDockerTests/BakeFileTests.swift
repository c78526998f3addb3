import Foundation
import HostileStrings
import Testing

@testable import KilnDocker

struct BakeFileTests {
  private func object(_ file: BakeFile) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(file.render().utf8)) as? [String: Any])
  }

  @Test func whatIsEmptyIsLeftOut() throws {
    var file = BakeFile()
    file.targets = [.init("a_app", context: "c", tags: [.variable(prefix: "r/a:", name: "TAG")])]
    let root = try object(file)
    #expect(root.keys.sorted() == ["target"])
    let target = try #require((root["target"] as? [String: Any])?["a_app"] as? [String: Any])
    #expect(target["tags"] as? [String] == ["r/a:${TAG}"] && target.keys.sorted() == ["context", "inherits", "tags"])
  }

  /// No text begins a template of HCL.
  @Test(arguments: hostileStrings) func textIsWhatItIs(text: String) throws {
    var file = BakeFile()
    var target = BakeFile.Target("t", context: text, tags: [.literal(text)])
    target.images = [(text, "runtime")]
    target.secrets = [("S", text)]
    target.cacheFrom = [text]
    file.targets = [target]
    file.variables = [("V", text)]
    let root = try object(file)
    let read = try #require((root["target"] as? [String: Any])?["t"] as? [String: Any])
    func unescaped(_ text: String?) -> String? {
      text?.replacingOccurrences(of: "$${", with: "${").replacingOccurrences(of: "%%{", with: "%{")
    }
    let context = try #require(read["context"] as? String)
    #expect(Array((unescaped(context) ?? "").utf8) == Array(text.utf8))
    #expect((read["cache-from"] as? [String])?.first == context)
    let bare = context.replacingOccurrences(of: "$${", with: "").replacingOccurrences(of: "%%{", with: "")
    #expect(!bare.contains("${") && !bare.contains("%{"))
  }
}
