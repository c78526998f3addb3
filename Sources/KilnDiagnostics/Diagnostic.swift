/// A place in a text file: line and column count from 1, the column in Unicode scalars.
public struct SourcePosition: Sendable, Hashable, Comparable {
  public let line: Int
  public let column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public static func < (a: Self, b: Self) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// A file and, where it is known, a place in it.
public struct SourceLocation: Sendable, Hashable {
  /// The path as shown to the user, relative to the workspace where there is one.
  public let file: String
  public let position: SourcePosition?
  /// How many scalars to underline, at least 1.
  public let length: Int

  public init(file: String, position: SourcePosition? = nil, length: Int = 1) {
    self.file = file
    self.position = position
    self.length = max(1, length)
  }

  public init(file: String, line: Int, column: Int, length: Int = 1) {
    self.init(file: file, position: SourcePosition(line: line, column: column), length: length)
  }

  /// `file:line:column`, or the file alone.
  public var text: String {
    guard let position else { return file }
    return "\(file):\(position.line):\(position.column)"
  }
}

extension SourceLocation: Comparable {
  public static func < (a: Self, b: Self) -> Bool {
    if a.file != b.file { return a.file.utf8.lexicographicallyPrecedes(b.file.utf8) }
    let first = SourcePosition(line: 0, column: 0)
    return (a.position ?? first, a.length) < (b.position ?? first, b.length)
  }
}

/// One problem in the user's input.
public struct Diagnostic: Sendable, Hashable {
  public enum Severity: String, Sendable, Hashable, CaseIterable { case error, warning }

  /// A further place that belongs to the problem.
  public struct Note: Sendable, Hashable {
    public let message: String
    public let location: SourceLocation?

    public init(_ message: String, at location: SourceLocation? = nil) {
      self.message = message
      self.location = location
    }
  }

  /// Stable name, as in `spec.unknown-key`.
  public let id: String
  public let severity: Severity
  /// One line, lower case, without a full stop; never holds a secret.
  public let message: String
  public let location: SourceLocation?
  /// What to write instead, one line.
  public let suggestion: String?
  public let notes: [Note]
  /// Lines that belong to the message, as the last that a tool printed.
  public let details: [String]
  /// Whether it only follows from another problem, which is reported where it lies: it makes a spec unusable and is not
  /// shown.
  public let isConsequence: Bool

  public init(
    _ id: String, _ message: String, severity: Severity = .error, at location: SourceLocation? = nil,
    details: [String] = [], suggestion: String? = nil, notes: [Note] = [], isConsequence: Bool = false
  ) {
    self.id = id
    self.severity = severity
    self.message = message
    self.location = location
    self.suggestion = suggestion
    self.notes = notes
    self.details = details
    self.isConsequence = isConsequence
  }
}

extension Sequence<Diagnostic> {
  /// The same problems without repeats, by file, place, severity, id, message, suggestion and notes.
  public func inCanonicalOrder() -> [Diagnostic] {
    func key(_ d: Diagnostic) -> (SourceLocation, Int, String, String) {
      (d.location ?? SourceLocation(file: ""), d.severity == .error ? 0 : 1, d.id, d.message)
    }
    // Two that agree in all that still have one order: a set has another one in each run.
    func rest(_ d: Diagnostic) -> (String, String) {
      (d.suggestion ?? "", d.notes.map { "\($0.location?.text ?? "") \($0.message)" }.joined(separator: "\n"))
    }
    return Set(self).sorted { a, b in
      let (first, second) = (key(a), key(b))
      return first == second ? rest(a) < rest(b) : first < second
    }
  }

  public var hasErrors: Bool { contains { $0.severity == .error } }
}

/// Thrown where problems in the input make going on pointless; holds all of them.
public struct DiagnosticsError: Error, Sendable, Equatable {
  public let diagnostics: [Diagnostic]

  public init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics.inCanonicalOrder() }
}
