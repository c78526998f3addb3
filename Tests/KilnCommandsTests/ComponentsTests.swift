import ArgumentParser
import Foundation
import KilnTesting
import Testing

@testable import KilnCommands

struct ComponentsTests {
  @Test(arguments: ["debian-12", "lamp", "mysql", "php"]) func everyKindIsADocumentInJSON(_ name: String) throws {
    try withFolder { folder in
      let context = TestContext(folder)
      try ComponentsCommand.parse([name, "--format", "json"]).run(in: context)
      let document = try JSONSerialization.jsonObject(with: Data(context.output.utf8)) as? [String: Any]
      #expect(document?["name"] as? String == name)
      #expect(document?.keys.contains(name == "lamp" ? "components" : "summary") == true)
    }
  }

  @Test func aComponentShowsItsSteps() throws {
    try withFolder { folder in
      let context = TestContext(folder)
      try ComponentsCommand.parse(["php"]).run(in: context)
      #expect(context.output.contains("- packages:\n    - \"php{{version}}-{{item}}\"\n  each: extensions\n"))
      context.clear()
      try ComponentsCommand.parse(["redis"]).run(in: context)
      #expect(context.output.contains("- packages:\n"))
    }
  }
}
