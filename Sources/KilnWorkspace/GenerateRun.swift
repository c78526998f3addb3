import KilnArtifacts
package import KilnConsole
package import KilnDiagnostics
import KilnDocuments
import KilnGeneration
import KilnSpec
import SystemPackage

/// What `kiln generate` does with the output folder.
package struct GenerateRun: Sendable {
  let output: GeneratedOutput
  let loaded: LoadedWorkspace
  /// All when it is empty.
  let customers: [String]
  let context: CommandContext
  let isForced: Bool
  let isQuiet: Bool
  /// Of what differs: `text` alone has no annotations.
  package var format = DiagnosticRenderer.Format.text
  /// Whether the release pipelines beside the folder are looked at.
  package var looksAtPipelines = false

  package init(_ output: GeneratedOutput, customers: [String], isForced: Bool, isQuiet: Bool, _ context: CommandContext)
  {
    self.isForced = isForced
    self.isQuiet = isQuiet
    self.output = output
    loaded = output.loaded
    self.customers = customers
    self.context = context
  }

  /// Says what would change.
  /// - Returns: Whether anything would.
  package func compare(showing: Bool, reporting: Bool) throws -> Bool {
    let delta = try output.folder.compare(
      with: output.units(of: customers), generator: KilnVersion.generator, detail: showing ? .contents : .files,
      isInScope: output.scope(customers))
    try output.refuseRemovals(delta, isForced: isForced)
    if showing {
      for change in delta.changes {
        context.console.output(LineDiff.unified(path: change.path, old: change.old, new: change.new))
      }
    }
    guard reporting else { return false }
    let pipelines = looksAtPipelines ? PipelineFile.stale(loaded) : []
    if delta.isEmpty, pipelines.isEmpty {
      if !isQuiet { context.console.error("everything is up to date\n") }
    } else {
      if !delta.isEmpty { context.console.error(delta.text) }
      for (name, system) in pipelines {
        context.console.error((PipelineFile.remark(name, .stale, system) ?? "") + "\n")
      }
    }
    annotate(delta, pipelines.map(\.name))
    return !delta.isEmpty || !pipelines.isEmpty
  }

  /// What differs, for a CI system or a program.
  private func annotate(_ delta: OutputFolder.Delta, _ pipelines: [String]) {
    if format == .text { return }
    let folder = loaded.workspace.output.string
    var problems = delta.changes.map { change in
      Diagnostic(
        "generate.stale", change.text, at: SourceLocation(file: "\(folder)/\(change.path)"),
        suggestion: "`kiln generate`, and commit what it changes")
    }
    problems += pipelines.map { name in
      Diagnostic(
        "generate.stale", "\(name) is not what kiln.yaml and the specs say", suggestion: "`kiln pipeline` writes it")
    }
    let text = DiagnosticRenderer(format: format, prefix: loaded.workspace.containment.prefix).render(problems)
    format == .json ? context.console.output(json: text) : context.console.raw(.output, text)
  }

  package func write() throws {
    let folder = output.folder
    try folder.locked(
      onWait: { context.console.error("another kiln writes \(folder.path); waiting\n") },
      {
        let delta = try folder.compare(
          with: output.units(of: customers), generator: KilnVersion.generator, isInScope: output.scope(customers))
        try output.refuseRemovals(delta, isForced: isForced)
        try output.refuseEdited(delta, isForced: isForced)
        let outcome = try folder.apply(delta)
        guard !isQuiet else { return }
        for change in delta.changes { context.console.error("\(change.kind.past) \(change.path)\n") }
        for unit in outcome.created {
          context.console.error(
            "created \(unit.unit): \(unit.files == 0 ? "no files" : Phrase.count(unit.files, "file"))\n")
        }
        let written = delta.changes.count + outcome.created.reduce(0) { $0 + $1.files }
        context.console.error("\(written) written or removed, \(outcome.unchanged) unchanged, in \(folder.path)\n")
      })
  }
}
