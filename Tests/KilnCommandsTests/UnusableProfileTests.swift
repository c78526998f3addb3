import ArgumentParser
import KilnTesting
import Testing

@testable import KilnCommands

/// A customer whose profile has an error is there: the error is reported, and not that there is no such customer.
struct UnusableProfileTests {
  private let files = [
    "kiln.yaml": "version: 1\n", "profiles/site.yaml": "version: 1\nruntime: {base: debian-12, component: {}}\n",
    "environments/acme.yaml": "version: 1\ncustomer: acme\nprofile: site\n",
    "environments/globex.yaml": "version: 1\ncustomer: globex\nruntime: {base: debian-12}\n",
  ]

  @Test(arguments: [["check", "acme"], ["plan", "acme"], ["build", "acme"], ["generate", "acme"], ["up", "acme"]])
  func theProfilesErrorIsReported(_ words: [String]) async throws {
    try await withFolder { folder in
      try write(files, in: folder)
      let context = TestContext(folder)
      let command = try #require(try KilnCommand.parseAsRoot(words) as? any KilnSubcommand)
      let code = await #expect(throws: ExitCode.self) { try await command.run(in: context) }
      #expect(code == KilnExit.problems)
      #expect(context.error.contains("profiles/site.yaml:2:28: error: unknown key \"component\""), "\(context.error)")
      #expect(!context.error.contains("there is no customer"))
    }
  }

  @Test func aNewSpecIsNotWrittenOnIt() async throws {
    try await withFolder { folder in
      try write(files, in: folder)
      let context = TestContext(folder)
      let command = try NewCommand.parse(["initech", "--profile", "site"])
      await #expect(throws: ExitCode.self) { try await (command as any KilnSubcommand).run(in: context) }
      #expect(context.error.contains("profiles/site.yaml has errors [new.profile]\n  = help: `kiln check` shows them"))
    }
  }
}
