public import KilnDiagnostics

/// What a `.dockerignore` says, exactly as BuildKit reads it.
///
/// Source: moby/patternmatcher's ignorefile and New. The last rule that matches decides, and a rule that matches a folder
/// matches all that is in it.
public struct IgnoreRules: Sendable {
  /// A line of the file that is a pattern.
  public struct Rule: Sendable {
    /// As written, without blanks around it.
    public let text: String
    /// Counted from 1.
    public let line: Int
    public let column: Int
    /// Whether it begins with `!`: what it matches is taken after all.
    public var isException: Bool { pattern.isException }
    let pattern: IgnorePattern
  }

  /// The name that messages give the file.
  public let file: String
  public let rules: [Rule]
  let index: IgnoreIndex

  /// No rules: everything is taken.
  public static let none = IgnoreRules(file: "", rules: [])

  private init(file: String, rules: [Rule]) {
    self.file = file
    self.rules = rules
    index = IgnoreIndex(rules)
  }

  private static let lineLimit = 64 * 1024

  /// - Throws: Every pattern that BuildKit refuses, with its place.
  public init(_ bytes: [UInt8], file: String) throws(DiagnosticsError) {
    var rules: [Rule] = []
    var problems: [Diagnostic] = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      var line = line
      if line.last == 0x0D { line.removeLast() }
      if index == 0, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
      // A comment begins in the first column, before blanks are cut off.
      if line.first == UInt8(ascii: "#") { continue }
      let raw = GoPath.trimmed(Array(line))
      if raw.isEmpty { continue }
      let text = String(decoding: raw, as: UTF8.self)
      let before = line.prefix { $0 == 0x20 || $0 == 0x09 }.count
      let place = SourceLocation(file: file, line: index + 1, column: before + 1, length: min(text.count, 200))
      do throws(IgnoreExpression.Failure) {
        guard line.count < Self.lineLimit else { throw IgnoreExpression.Failure(message: "a line has 64 KiB and more") }
        guard let pattern = try IgnorePattern(Self.normalized(raw)) else { continue }
        rules.append(Rule(text: text, line: index + 1, column: before + 1, pattern: pattern))
      } catch {
        problems.append(
          Diagnostic(
            "context.pattern", "no pattern: \(error.message)", at: place,
            suggestion: "the engine refuses the file, too"))
      }
    }
    guard problems.isEmpty else { throw DiagnosticsError(problems) }
    self.init(file: file, rules: rules)
  }

  /// As `ignorefile.ReadAll` does: relative to the context, with `!` before it where it was.
  static func normalized(_ trimmed: [UInt8]) -> [UInt8] {
    let isException = trimmed.first == UInt8(ascii: "!")
    var text = isException ? GoPath.trimmed(Array(trimmed.dropFirst())) : trimmed
    if !text.isEmpty {
      text = GoPath.clean(text)
      if text.count > 1, text.first == UInt8(ascii: "/") { text.removeFirst() }
    }
    return isException ? [UInt8(ascii: "!")] + text : text
  }

  /// Patterns without a file, for tests.
  init(patterns: [[UInt8]]) throws(IgnoreExpression.Failure) {
    var rules: [Rule] = []
    for (index, raw) in patterns.enumerated() {
      guard let pattern = try IgnorePattern(raw) else { continue }
      rules.append(Rule(text: String(decoding: raw, as: UTF8.self), line: index + 1, column: 1, pattern: pattern))
    }
    self.init(file: "", rules: rules)
  }
}
