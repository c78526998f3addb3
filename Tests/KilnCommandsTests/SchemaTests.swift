import ArgumentParser
import Foundation
import KilnTesting
import KilnWorkspace
import SystemPackage
import Testing

@testable import KilnCommands

struct SchemaTests {
  private func components(_ text: String) throws -> [String: Any] {
    var value = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    for key in ["properties", "runtime", "properties", "components", "properties"] {
      value = value?[key] as? [String: Any]
    }
    return value ?? [:]
  }

  @Test func aWorkspacesSchemaHasItsOwnComponents() throws {
    try withFolder { folder in
      let component = "summary: One\nparameters: {size: {type: integer}}\nsteps: [{directory: {path: /srv}}]\n"
      try write(["kiln.yaml": "version: 1\n", "components/one.yaml": component], in: folder)
      let context = TestContext(folder)
      try SchemaCommand.parse(["--workspace"]).run(in: context)
      let one = try #require(try components(context.output)["one"] as? [String: Any])
      #expect((one["properties"] as? [String: Any])?.keys.sorted() == ["size"])
      #expect(try components(context.output)["php"] != nil)
      // Without the flag it is the same everywhere.
      let plain = TestContext(folder)
      try SchemaCommand.parse([]).run(in: plain)
      #expect(try components(plain.output).isEmpty)
    }
  }

  /// What is wrong with a definition is said, and the rest is there.
  @Test func problemsOfDefinitionsAreReported() throws {
    try withFolder { folder in
      try write(["kiln.yaml": "version: 1\n", "components/one.yaml": "summary: One\n"], in: folder)
      let context = TestContext(folder)
      try SchemaCommand.parse(["--workspace"]).run(in: context)
      #expect(context.error.contains("components/one.yaml"))
      let found = try components(context.output)
      #expect(found["one"] == nil && found["php"] != nil)
    }
  }

  /// A new workspace's schemas complete the catalog's names.
  @Test(arguments: ["environment", "profile"]) func aNewWorkspaceHasThem(_ subject: String) throws {
    try withFolder { folder in
      let root = FilePath(folder.path).appending("shop")
      try WorkspaceSkeleton(root: root).write()
      let text = try String(contentsOfFile: root.appending(".kiln/\(subject).schema.json").string, encoding: .utf8)
      #expect(try components(text)["php"] != nil)
      let spec = try String(contentsOfFile: root.appending("environments/hello.yaml").string, encoding: .utf8)
      #expect(spec.hasPrefix("# yaml-language-server: $schema=../.kiln/environment.schema.json\n"))
    }
  }
}
