import HostileStrings
import KilnDocuments
import KilnGoss
import Testing
import Yams

struct GossFileTests {
  @Test(arguments: hostileStrings.filter { !$0.isEmpty }) func textArrives(_ text: String) throws {
    var goss = GossFile()
    goss.files = [.init("/\(text)", linkedTo: text)]
    goss.commands = [.init(words: ["echo", text], stdout: [text])]
    let rendered = goss.render()
    // Goss renders the file as a Go template first: only the literal action may be in it.
    let rest = rendered.substituting("{{`{{`}}", with: "")
    #expect(rest.unicodeScalars.firstRange(of: "{{".unicodeScalars) == nil)
    let node = try #require(try Yams.compose(yaml: rendered.substituting("{{`{{`}}", with: "{{")))
    #expect(node["file"]?.mapping?.keys.first?.string == "/\(text)")
    #expect(node["file"]?.mapping?.values.first?["linked-to"]?.string == text)
    #expect(node["command"]?.mapping?.keys.first?.string?.hasPrefix("echo ") == true)
  }

  @Test func patternsAreEscapedWhereTheyWouldMeanMore() throws {
    var goss = GossFile()
    goss.commands = [.init(exec: "x", stdout: ["plain (text)", "/a.b/", "!not"])]
    let node = try #require(try Yams.compose(yaml: goss.render()))
    let patterns = node["command"]?["x"]?["stdout"]?.sequence?.compactMap(\.string)
    #expect(patterns == ["plain (text)", #"/\/a\.b\//"#, "/!not/"])
  }
}
