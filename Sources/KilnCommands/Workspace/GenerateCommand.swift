import ArgumentParser
import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnPlan
import KilnSpec
import KilnWorkspace
import SystemPackage

struct GenerateCommand: SynchronousCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Write Dockerfiles, Packer templates, playbooks and goss files from the specs.",
    discussion: """
      Examples:
        kiln generate                  everything, where it differs
        kiln generate acme             one customer and the runtime it uses
        kiln generate --check          write nothing; report what would change
        kiln generate --diff --check   the same, with the differences

      Files edited by hand since Kiln wrote them are kept: --force overwrites them.
      So are those of a customer whose spec was renamed or moved: --force removes.
      Exit 0: done; 1: the specs have errors, or files edited by hand are in the
      way; 2: --check found differences.
      """)

  @OptionGroup var options: WorkspaceOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write; else kiln.yaml's `output`.", valueName: "dir"))
  var output: String?
  @Flag(help: "Write nothing; exit 2 when anything would change.") var check = false
  @Flag(help: "Print the differences to standard output; with --check, nothing is written.") var diff = false
  @Flag(help: "Overwrite files that were edited by hand; remove what a moved spec leaves.") var force = false
  @Flag(help: "Generate the environments without errors; those with errors stay as they were, exit 1.")
  var keepGoing = false
  @Argument(help: "Customers; all when none is named.") var customers: [String] = []

  var color: ColorChoice { options.color }

  func run(in context: CommandContext) throws {
    var loaded = try context.load(options, customers: customers)
    if keepGoing, !loaded.concernsEveryCustomer {
      context.console.report(loaded.problems, sources: loaded.workspace.excerpts)
      loaded = loaded.withoutErrors
    } else {
      try context.stopOnErrors(loaded)
    }
    if let folder = output, let conflict = loaded.workspace.outputConflict(context.folder.pushing(FilePath(folder))) {
      throw CommandError(
        "generate.output", "--output \(folder) \(conflict)", help: "name a folder that holds nothing else")
    }
    let output = GeneratedOutput(
      loaded: loaded, folder: output.map { context.folder.pushing(FilePath($0)) }, workers: options.workers)
    try output.withErrors {
      if check || diff { try compare(output, loaded, context) }
      if !check { try write(output, loaded, context) }
    }
    if loaded.problems.hasErrors {
      throw CommandError(
        "generate.left", "environments with errors were left as they were; the others are generated")
    }
  }

  /// Reports what would change.
  private func compare(_ output: GeneratedOutput, _ loaded: LoadedWorkspace, _ context: CommandContext) throws {
    let delta = try output.folder.compare(
      with: output.units(loaded.plans), generator: KilnVersion.generator, detail: diff ? .contents : .files,
      isInScope: output.scope(customers))
    try output.refuseRemovals(delta, isForced: force)
    if diff {
      for change in delta.changes {
        context.console.output(LineDiff.unified(path: change.path, old: change.old, new: change.new))
      }
    }
    if check { try report(delta, in: context) }
  }

  private func write(_ output: GeneratedOutput, _ loaded: LoadedWorkspace, _ context: CommandContext) throws {
    let folder = output.folder
    try folder.locked(
      onWait: { context.console.error("another kiln writes \(folder.path); waiting\n") },
      {
        let delta = try folder.compare(
          with: output.units(loaded.plans), generator: KilnVersion.generator,
          isInScope: output.scope(customers))
        try output.refuseRemovals(delta, isForced: force)
        try output.refuseEdited(delta, isForced: force)
        let outcome = try folder.apply(delta)
        guard !options.quiet else { return }
        for change in delta.changes { context.console.error("\(change.kind.past) \(change.path)\n") }
        for unit in outcome.created {
          context.console.error(
            "created \(unit.unit): \(unit.files == 0 ? "no files" : Phrase.count(unit.files, "file"))\n")
        }
        let written = delta.changes.count + outcome.created.reduce(0) { $0 + $1.files }
        context.console.error("\(written) written or removed, \(outcome.unchanged) unchanged, in \(folder.path)\n")
      })
  }

  private func report(_ delta: OutputFolder.Delta, in context: CommandContext) throws {
    if delta.isEmpty {
      if !options.quiet { context.console.error("everything is up to date\n") }
      return
    }
    context.console.error(delta.text)
    throw KilnExit.difference
  }
}
