import KilnConsole
public import KilnDiagnostics
public import KilnPacker

extension ArtifactChoice.Failure: CommandErrorConvertible {
  /// What was found instead, a line each.
  package var details: [String] { found.map { "found: \(Relayed.safe($0))" } }

  public var commandError: CommandError {
    CommandError("packer-log.choice", Relayed.safe(reason), details: details, help: help.map(Relayed.safe))
  }
}
