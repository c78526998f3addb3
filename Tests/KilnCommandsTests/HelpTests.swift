import ArgumentParser
import Testing

@testable import KilnCommands

struct HelpTests {
  private static func all(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
    [command] + command.configuration.subcommands.flatMap(all)
  }

  /// Longer lines are wrapped a second time where a terminal has 80 columns.
  @Test func helpFits80Columns() {
    for command in Self.all(KilnCommand.self) {
      let long = command.configuration.discussion.split(separator: "\n").filter { $0.count > 80 }
      #expect(long.isEmpty, "\(command.configuration.commandName ?? "")")
    }
  }
}
