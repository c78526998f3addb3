public import ArgumentParser
import KilnArtifacts
import KilnConsole
public import KilnContext
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import SystemPackage

struct ContextCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "context", abstract: "Look at a build context, and pack it; works anywhere.",
    subcommands: [ContextListCommand.self, ContextExplainCommand.self, ContextPackCommand.self])
}

/// The folder that the three commands work on.
struct ContextOptions: ParsableArguments {
  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: ArgumentHelp("The Dockerfile; else DIR/Dockerfile.", valueName: "dockerfile"))
  var dockerfile: String?

  func folder(_ name: String, in context: CommandContext) throws -> ContextFolder {
    try ContextFolder(named: name, dockerfile: dockerfile, in: context.folder)
  }
}

struct ContextListCommand: SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Print what goes into a context, one path a line, in the archive's order.",
    discussion: """
      Examples:
        kiln context list .                          what docker build . would send
        kiln context list -0 . | xargs -0 -n1 …      names with any bytes
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @OptionGroup var options: ContextOptions
  @Flag(name: [.customShort("0"), .customLong("null")], help: "End each path by NUL rather than by a line break.")
  var null = false
  @Option(help: "text or json.") var format: Format = .text
  @Argument(help: "The context's folder.") var directory: String

  func run(in context: CommandContext) throws {
    let folder = try options.folder(directory, in: context)
    try folder.list(on: context.console, asJSON: format == .json, endingByNUL: null)
  }
}

struct ContextExplainCommand: SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Say which rule decides whether a path goes in.",
    discussion: """
      Example:
        kiln context explain . vendor/autoload.php
      """)

  @OptionGroup var options: ContextOptions
  @Option(help: "text or json.") var format: ContextListCommand.Format = .text
  @Argument(help: "The context's folder.") var directory: String
  @Argument(help: "Paths relative to it.") var paths: [String]

  func run(in context: CommandContext) throws {
    let folder = try options.folder(directory, in: context)
    try folder.explain(paths, on: context.console, asJSON: format == .json)
  }
}

struct ContextPackCommand: SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack", abstract: "Pack a context into a tarball whose bytes depend on its contents alone.",
    discussion: """
      Examples:
        kiln context pack . -o context.tar
        kiln context pack . -o - | docker build -
        kiln context pack . -o context.tar.zst --format json

      Times are SOURCE_DATE_EPOCH, else 0. The archive appears under its name only
      when it is whole.
      """)

  @OptionGroup var options: ContextOptions
  @Option(name: [.customShort("o"), .customLong("output")], help: "The archive; - is standard output.")
  var output: String
  @Option(help: "none, gzip or zstd; else by the archive's name.") var compression: Compression?
  @Option(help: "Threads for compression; the bytes do not depend on it.") var threads: Int?
  @Option(help: "How the summary is printed: text, to standard error, or json.") var format: ContextListCommand.Format =
    .text
  @Flag(name: .shortAndLong, help: "Say nothing but problems.") var quiet = false
  @Argument(help: "The context's folder.") var directory: String

  func validate() throws {
    if output == "-", format == .json {
      throw ValidationError("--output - and --format json both want standard output.")
    }
    if let threads, threads < 1 { throw ValidationError("--threads is 1 or more.") }
  }

  func run(in context: CommandContext) throws {
    let folder = try options.folder(directory, in: context)
    let packer = ContextPacker(
      compression: compression ?? Compression(fileName: output), threads: threads ?? context.cores,
      time: try context.sourceDate())
    let packed = try withExcerpts(folder.sources) {
      if output == "-" {
        return try packer.pack(folder.source, intoStandardOutputOf: context, quiet: quiet)
      }
      return try packer.pack(folder.source, to: context.folder.pushing(FilePath(output)), quiet: quiet, context)
    }
    context.console.report(packed.warnings, sources: folder.sources)
    if format == .json {
      context.console.output(json: .map(packed.document.with("schemaVersion", 1)))
    } else if !quiet {
      context.console.error(packed.summary(output))
    }
  }
}

extension Compression: ExpressibleByArgument {}
