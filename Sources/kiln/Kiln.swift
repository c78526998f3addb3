import ArgumentParser
import KilnCommands

@main
struct Kiln {
  static func main() async { await KilnCommand.main() }
}
