package import KilnArtifacts
package import KilnConsole
import KilnDocuments

/// What `kiln generate` does with the folder, and says.
extension GeneratedOutput {
  /// What would change, written out where `isDiff`.
  package func compare(
    _ customers: [String], isDiff: Bool, isForced: Bool, on console: Console
  ) throws -> OutputFolder.Delta {
    let delta = try folder.compare(
      with: units(loaded.plans), generator: KilnVersion.generator, detail: isDiff ? .contents : .files,
      isInScope: scope(customers))
    try refuseRemovals(delta, isForced: isForced)
    if isDiff {
      for change in delta.changes {
        console.output(LineDiff.unified(path: change.path, old: change.old, new: change.new))
      }
    }
    return delta
  }

  /// Writes what differs, once no other kiln does.
  package func write(_ customers: [String], isForced: Bool, isQuiet: Bool, on console: Console) throws {
    try folder.locked(
      onWait: { console.error("another kiln writes \(folder.path); waiting\n") },
      {
        let delta = try folder.compare(
          with: units(loaded.plans), generator: KilnVersion.generator, isInScope: scope(customers))
        try refuseRemovals(delta, isForced: isForced)
        try refuseEdited(delta, isForced: isForced)
        let outcome = try folder.apply(delta)
        guard !isQuiet else { return }
        for change in delta.changes { console.error("\(change.kind.past) \(change.path)\n") }
        for unit in outcome.created {
          console.error("created \(unit.unit): \(unit.files == 0 ? "no files" : Phrase.count(unit.files, "file"))\n")
        }
        let written = delta.changes.count + outcome.created.reduce(0) { $0 + $1.files }
        console.error("\(written) written or removed, \(outcome.unchanged) unchanged, in \(folder.path)\n")
      })
  }
}
