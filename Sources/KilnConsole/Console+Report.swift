package import KilnDiagnostics
import KilnDocuments

extension Console {
  /// Problems of files, and how many they are.
  package func report(_ problems: [Diagnostic], sources: [String: String] = [:]) {
    guard !problems.isEmpty else { return }
    error(DiagnosticRenderer(color: color, sources: { sources[$0] }).terminal(problems))
    let errors = problems.count { $0.severity == .error }
    let counts = [(errors, "error"), (problems.count - errors, "warning")].filter { $0.0 > 0 }
    error(counts.map { Phrase.count($0.0, $0.1) }.joined(separator: ", ") + "\n")
  }

  /// One remark, which nobody counts.
  package func note(_ diagnostic: Diagnostic) { error(DiagnosticRenderer(color: color).terminal([diagnostic])) }

  /// What ended a command, or the work on one of several customers.
  package func report(_ trouble: CommandError, as form: ErrorReport = .init()) {
    guard form.format == .text else {
      let text = DiagnosticRenderer(format: form.format).render(trouble.annotated)
      // Annotations are commands, and the renderer's own.
      let stream = form.isResult ? Stream.output : .error
      return raw(stream, form.format == .json ? ConsoleText.safe(json: text) : text)
    }
    if trouble.kind == .input { return report(trouble.diagnostics, sources: trouble.sources) }
    let sources = trouble.sources
    error(DiagnosticRenderer(color: color, sources: { sources[$0] }).terminal(trouble.diagnostics))
    for hint in trouble.hints { error(DiagnosticRenderer.help(hint)) }
  }
}
