import Foundation
import HostileStrings
import KilnDocuments
import KilnPacker
import Testing

struct PackerTemplateTests {
  /// Renders the one action that a literal may hold, as Go's text/template does: a raw string in braces.
  private func rendered(_ text: String) throws -> String {
    let marked = text.substituting("{{`{{`}}", with: "\u{1}")
    try #require(marked.unicodeScalars.firstRange(of: "{{".unicodeScalars) == nil, "an action that is not the literal")
    return marked.substituting("\u{1}", with: "{{")
  }

  @Test(arguments: hostileStrings) func textArrives(_ text: String) throws {
    let template = PackerTemplate(
      comment: "c", builders: [.init("docker", [("image", .text(text)), ("changes", .texts([text]))])])
    let root = try JSONSerialization.jsonObject(with: Data(template.render().utf8)) as? [String: Any]
    let builder = try #require((root?["builders"] as? [[String: Any]])?.first)
    #expect(try rendered(try #require(builder["image"] as? String)) == text)
    #expect(try (builder["changes"] as? [String])?.map(rendered) == [text])
  }

  @Test func credentialsComeFromTheEnvironmentOnly() throws {
    let template = PackerTemplate(
      comment: "c",
      variables: [.init("client_secret", .environment(named: "ARM_CLIENT_SECRET")), .init("must", .required)],
      sensitiveVariables: ["client_secret"], builders: [])
    let root = try JSONSerialization.jsonObject(with: Data(template.render().utf8)) as? [String: Any]
    let variables = try #require(root?["variables"] as? [String: Any])
    #expect(variables["client_secret"] as? String == "{{ env `ARM_CLIENT_SECRET` }}")
    #expect(variables["must"] is NSNull)
    #expect(root?["sensitive-variables"] as? [String] == ["client_secret"])
  }

  @Test func pluginsAreRequiredBySource() {
    let text = PackerPlugins(
      header: ["Made."], plugins: [.init("azure", source: "github.com/hashicorp/azure", version: ">= 1.4.0")]
    ).render()
    #expect(
      text == """
        # Made.
        packer {
          required_plugins {
            azure = {
              source  = "github.com/hashicorp/azure"
              version = ">= 1.4.0"
            }
          }
        }

        """)
  }
}
