package import KilnDiagnostics

/// How a command reports what ends it.
package struct ErrorReport: Sendable {
  package var format: DiagnosticRenderer.Format
  /// Whether diagnostics are the command's result, and not beside one.
  package var isResult: Bool

  package init(format: DiagnosticRenderer.Format = .text, isResult: Bool = false) {
    self.format = format
    self.isResult = isResult
  }
}
