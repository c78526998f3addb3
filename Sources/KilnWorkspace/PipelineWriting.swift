import KilnArtifacts
package import KilnConsole
import KilnGeneration
import SystemPackage

/// What `kiln pipeline` does with a definition.
package struct PipelineWriting: Sendable {
  package let file: PipelineFile
  let isChecking: Bool
  let isShowing: Bool
  let isForced: Bool
  let isQuiet: Bool

  package init(_ file: PipelineFile, isChecking: Bool, isShowing: Bool, isForced: Bool, isQuiet: Bool) {
    self.file = file
    self.isChecking = isChecking
    self.isShowing = isShowing
    self.isForced = isForced
    self.isQuiet = isQuiet
  }

  /// - Returns: Whether `--check` found a difference.
  package func run(in context: CommandContext) throws -> Bool {
    let name = file.path.string
    if isChecking || isShowing {
      let (state, found) = try file.read()
      if isShowing, state != .current {
        context.console.output(LineDiff.unified(path: file.system.path, old: found, new: file.bytes))
      }
      if isChecking {
        let remark = PipelineFile.remark(name, state, file.system)
        if let remark {
          context.console.error(remark + "\n")
        } else if !isQuiet {
          context.console.error("\(name) is up to date\n")
        }
        return remark != nil
      }
    }
    let before = try file.write(isForced: isForced)
    if !isQuiet {
      let what = before == .absent ? "created" : before == .current ? "unchanged" : "updated"
      context.console.error("\(what) \(name)\n")
      for note in file.needs { context.console.error("note: \(note)\n") }
    }
    return false
  }
}
