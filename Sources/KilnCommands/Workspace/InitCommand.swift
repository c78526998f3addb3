import ArgumentParser
import KilnConsole
import KilnWorkspace
import SystemPackage

struct InitCommand: SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Make a workspace with one environment that works as it is.",
    discussion: """
      Examples:
        kiln init acme-infra && cd acme-infra && kiln check && kiln generate
      """)

  @Argument(help: "The folder; the current one when none is named.") var folder = "."

  func run(in context: CommandContext) throws {
    let root = context.folder.pushing(FilePath(folder))
    try WorkspaceSkeleton(root: root).write()
    context.console.error("made a workspace in \(root.lexicallyNormalized()); next: `kiln check`, `kiln generate`\n")
  }
}

struct NewCommand: SynchronousCommand, WorkspaceCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Write a commented spec for a customer.",
    discussion: """
      Examples:
        kiln new acme --profile lamp
        kiln new shop --no-profile     with a runtime of its own
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(help: "The profile beneath it.") var profile: String = "lamp"
  @Flag(name: .customLong("no-profile"), help: "Write out the runtime, with no profile beneath.") var isAlone = false
  @Argument(help: "The customer's name, which is the environment's.") var customer: String

  func run(in context: CommandContext) throws {
    let new = NewEnvironment(customer: customer, profile: isAlone ? nil : profile)
    let (path, lacksSource) = try new.write(to: context.root(of: options.workspace))
    context.console.output("\(path)\n")
    if lacksSource, !options.quiet {
      context.console.error("note: there is no folder apps/\(customer): the app in \(path) is commented out\n")
    }
  }
}
