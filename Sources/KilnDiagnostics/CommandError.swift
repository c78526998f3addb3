/// What ends a command. It is thrown where the trouble is, and rendered in one place.
public struct CommandError: Error, Sendable, Equatable {
  public enum Kind: Sendable, Hashable {
    /// Files that the user wrote have problems; those are counted below them.
    case input
    /// Something that the command needs is missing, or a step failed.
    case problem
    /// The machine failed: disk, process.
    case machine
    /// The user ended it.
    case interrupted
  }

  public let kind: Kind
  /// In canonical order.
  public let diagnostics: [Diagnostic]
  /// What to do about all of them, a line each.
  public let hints: [String]
  /// The texts of files by the names that the diagnostics give them, for excerpts.
  public let sources: [String: String]

  public init(
    _ diagnostics: [Diagnostic], kind: Kind = .input, hints: [String] = [], sources: [String: String] = [:]
  ) {
    self.kind = kind
    self.diagnostics = diagnostics.inCanonicalOrder()
    self.hints = hints
    self.sources = sources
  }

  /// - Parameters:
  ///   - id: As in `engine.unreachable`.
  ///   - message: One line without "error:".
  ///   - details: Lines below it, as the last that a tool printed.
  ///   - help: What to do about it, one line.
  public init(_ id: String, _ message: String, details: [String] = [], help: String? = nil, kind: Kind = .problem) {
    self.init([Diagnostic(id, message, details: details, suggestion: help)], kind: kind)
  }

  /// The diagnostics for a reader that has no place for hints of the whole: the last of them gets those.
  public var annotated: [Diagnostic] {
    guard !hints.isEmpty, let last = diagnostics.last else { return diagnostics }
    let remedies = [last.suggestion].compactMap { $0 } + hints
    return diagnostics.dropLast() + [
      Diagnostic(
        last.id, last.message, severity: last.severity, at: last.location, details: last.details,
        suggestion: remedies.joined(separator: "; "), notes: last.notes)
    ]
  }
}

/// An error that says how a command reports it.
public protocol CommandErrorConvertible: Error {
  var commandError: CommandError { get }
}

extension CommandError: CommandErrorConvertible {
  public var commandError: CommandError { self }
}

extension DiagnosticsError: CommandErrorConvertible {
  public var commandError: CommandError { CommandError(diagnostics) }
}

/// Runs `body`; what is wrong with a context is reported with an excerpt.
package func withExcerpts<T>(_ sources: [String: String], _ body: () throws -> T) throws -> T {
  do {
    return try body()
  } catch let error as DiagnosticsError {
    throw CommandError(error.diagnostics, sources: sources)
  }
}
