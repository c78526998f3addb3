import KilnDiagnostics

extension DiagnosticsError {
  static func changed(_ entry: ContextEntry, _ how: String) -> DiagnosticsError {
    DiagnosticsError([
      Diagnostic(
        "context.changed", "\"\(entry.name)\" changed while it was read: \(how)",
        suggestion: "try again when nothing writes to the folder")
    ])
  }
}
