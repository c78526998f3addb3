import ArgumentParser
import KilnCommands

@main
struct Kiln {
  static func main() async {
    var parsed: (any ParsableCommand)?
    do {
      KilnCommand.prepare()
      var command = try KilnCommand.parseAsRoot()
      parsed = command
      if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
    } catch {
      KilnCommand.leave(with: error, of: parsed)
    }
  }
}
