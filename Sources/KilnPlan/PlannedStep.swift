public import KilnDiagnostics
public import KilnSpec

/// One of the two forms of an environment.
public enum Side: String, Sendable, Hashable, CaseIterable { case container, machine }

/// A step and where it comes from.
public struct PlannedStep: Sendable, Hashable {
  public let step: Step
  /// The only side it is for; nil for both.
  public let only: Side?
  public let origin: SourceLocation

  public func isFor(_ side: Side) -> Bool { only == nil || only == side }

  /// One line that says what it does.
  public var summary: String { step.summary + (only.map { " (\($0.rawValue) only)" } ?? "") }
}

/// What must hold in the finished container and machine.
public struct Check: Sendable, Hashable {
  public let command: [String]
  public let stdout: [String]
  public let exit: Int
  public let only: Side?

  public func isFor(_ side: Side) -> Bool { only == nil || only == side }
}
