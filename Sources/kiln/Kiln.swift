import ArgumentParser
import KilnCommands

@main
struct Kiln {
  static func main() async {
    do {
      KilnCommand.prepare()
      var command = try KilnCommand.parseAsRoot()
      if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
    } catch {
      KilnCommand.leave(with: error)
    }
  }
}
