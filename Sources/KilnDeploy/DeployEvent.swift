/// What a deployment tells while it works; nothing in it is a secret.
package enum DeployEvent: Sendable, Hashable {
  /// What it does next.
  case step(String)
  /// A workload that has changed.
  case workload(WorkloadState)
  /// What somebody should know, and nothing is wrong.
  case note(String)
  case warning(String)

  /// One line.
  package var line: String {
    switch self {
    case .step(let text), .note(let text): text
    case .workload(let state): "  \(state.line)"
    case .warning(let text): "warning: \(text)"
    }
  }
}
