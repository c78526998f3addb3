import ArgumentParser
import Testing

@testable import KilnCommands

struct UpOptionsTests {
  @Test(arguments: ["0", "80920", "-1"]) func portsThatAreNoneAreRefused(_ port: String) {
    #expect(throws: (any Error).self) { try UpCommand.parse(["acme", "--port=\(port)"]) }
  }

  @Test(arguments: ["Acme", "../x", "-x", ""]) func projectsThatComposeRefusesAreRefused(_ name: String) {
    #expect(throws: (any Error).self) { try UpCommand.parse(["acme", "--project=\(name)"]) }
  }
}
