import KilnArtifacts
package import KilnConsole
package import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnPlan
package import KilnProcesses
import KilnSpec
package import KilnWorkspace

/// What `kiln check` reports: the problems of the specs and, of those that have no errors, of the files that they name.
package struct WorkspaceCheck {
  package let problems: [Diagnostic]
  /// Texts for excerpts, by file.
  package let sources: [String: String]

  package init(_ loaded: LoadedWorkspace, _ workers: Workers, in context: CommandContext) throws {
    var (problems, sources) = (loaded.problems, loaded.workspace.excerpts)
    // Where a spec has errors its tokens and parameters may be others.
    if !loaded.concernsEveryCustomer || !problems.hasErrors {
      let good = loaded.withoutErrors
      problems += try ContextCheck(good).problems(workers)
      let known = Set(problems)
      problems += try workers.map(good.plans) { Self.idle($0) }.flatMap { $0 }
      for plan in good.plans {
        guard let machine = plan.spec.machine else { continue }
        let parameters = MachineParameters(
          of: plan, by: machine.builders, root: loaded.workspace.root, context: context)
        guard let (found, texts) = try parameters?.check() else { continue }
        problems += found.filter { !known.contains($0) }
        sources.merge(texts) { first, _ in first }
      }
    }
    self.problems = problems.inCanonicalOrder()
    self.sources = sources
  }

  /// Apps that are to answer and have nothing that could.
  private static func idle(_ plan: EnvironmentPlan) -> [Diagnostic] {
    plan.apps.compactMap { app in
      guard let port = app.spec.port, app.isIdle else { return nil }
      return Diagnostic(
        "app.idle", "\(app.spec.path) has a port, and nothing that listens on it", severity: .warning,
        at: port.location, suggestion: AppPlan.idleAdvice)
    }
  }

  /// Prints what is wrong, in the format that was asked for.
  package func show(of loaded: LoadedWorkspace, _ format: DiagnosticRenderer.Format, isQuiet: Bool, on console: Console)
  {
    guard format == .text else {
      let text = DiagnosticRenderer(format: format, prefix: loaded.workspace.containment.prefix).render(problems)
      // Annotations are commands, and the renderer's own.
      return format == .json ? console.output(json: text) : console.raw(.output, text)
    }
    console.report(problems, sources: sources)
    if problems.hasErrors || isQuiet { return }
    let number = loaded.plans.count
    let hosts = loaded.hosts.isEmpty ? "" : " and \(Phrase.count(loaded.hosts.count, "host"))"
    console.error(
      "\(number == 0 ? "no environments" : Phrase.count(number, "environment"))\(hosts) checked, no errors\n")
  }
}
