import Synchronization

/// A regular expression that a whole text matches, in time linear in the text.
///
/// Shapes and component files give them, and anybody may write the latter: an expression that goes back over its text
/// takes years for some of 30 characters. So all ways are followed at once, and what cannot be followed so
/// (backreferences, lookaround) is no pattern. The syntax is what ECMA-262 and Swift read alike: `.`, classes,
/// `\d \w \s`, groups, `|`, `* + ? {n,m}`, `^` and `$`.
struct TextPattern: Sendable {
  struct Failure: Error, Equatable { let message: String }

  /// Groups in groups: the parser calls itself for each.
  static let depthLimit = 32
  /// Steps of the machine: a character of a text costs at most as many.
  static let stepLimit = 500
  /// Characters of a text that a component's pattern is asked of.
  static let textLimit = 4096

  enum Step: Sendable {
    case set(ScalarSet)
    /// Goes on at both.
    case split(Int, Int)
    case jump(Int)
    case begin
    case end
    case match
  }

  private(set) var steps: [Step]

  init(_ pattern: String) throws(Failure) {
    var parser = TextPatternParser(pattern)
    let expression = try parser.parse()
    var steps: [Step] = []
    expression.compile(into: &steps)
    self.steps = steps + [.match]
  }

  func matches(_ text: String) -> Bool {
    var machine = TextPatternMachine(steps)
    return machine.run(text)
  }

  /// A pattern is compiled once: a fleet asks the same ones over and over.
  private static let compiled = Mutex<[String: Result<TextPattern, Failure>]>([:])

  private static func compile(_ pattern: String) -> Result<TextPattern, Failure> {
    if let known = compiled.withLock({ $0[pattern] }) { return known }
    let result = Result { () throws(Failure) in try TextPattern(pattern) }
    compiled.withLock { $0[pattern] = result }
    return result
  }

  /// Why `pattern` is none, or nil.
  static func problem(_ pattern: String) -> String? {
    if case .failure(let failure) = compile(pattern) { failure.message } else { nil }
  }

  static func matches(_ text: String, _ pattern: String) -> Bool {
    if case .success(let pattern) = compile(pattern) { pattern.matches(text) } else { false }
  }
}

/// A set of characters, by their scalars.
struct ScalarSet: Sendable {
  private var ascii: (UInt64, UInt64) = (0, 0)
  private var others: [ClosedRange<UInt32>] = []
  private(set) var isNegated = false

  init() {}

  init(_ ranges: ClosedRange<UInt32>...) { for range in ranges { insert(range) } }

  mutating func insert(_ range: ClosedRange<UInt32>) {
    if range.lowerBound < 128 {
      for value in range.lowerBound...min(127, range.upperBound) {
        if value < 64 { ascii.0 |= 1 << UInt64(value) } else { ascii.1 |= 1 << UInt64(value - 64) }
      }
    }
    if range.upperBound >= 128 { others.append(max(128, range.lowerBound)...range.upperBound) }
  }

  /// Adds a set that is not negated.
  mutating func formUnion(_ other: ScalarSet) {
    ascii.0 |= other.ascii.0
    ascii.1 |= other.ascii.1
    others += other.others
  }

  var inverted: ScalarSet {
    var set = self
    set.isNegated.toggle()
    return set
  }

  func contains(_ value: UInt32) -> Bool {
    let isMember: Bool
    switch value {
    case ..<64: isMember = ascii.0 >> UInt64(value) & 1 == 1
    case ..<128: isMember = ascii.1 >> UInt64(value - 64) & 1 == 1
    default: isMember = others.contains { $0.contains(value) }
    }
    return isMember != isNegated
  }
}
