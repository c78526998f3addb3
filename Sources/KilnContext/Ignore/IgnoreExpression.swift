/// The regular expression that BuildKit makes of a pattern, in Go's syntax, and a matcher for it whose time is linear in
/// the path.
///
/// Source: moby/patternmatcher's `compile` and Go's regexp/syntax. Letters after a backslash mean in a pattern what they
/// mean in Go's expressions, and a class may swallow what a star became; so the expression is made and read as they do.
struct IgnoreExpression: Sendable, Equatable {
  struct Failure: Error, Equatable {
    let message: String
  }

  enum Assertion: Sendable, Equatable { case begin, end, wordBoundary, noWordBoundary }

  enum Step: Sendable, Equatable {
    case scalar(UInt32)
    /// Anything but a line break, as a dot matches.
    case any
    case set(IgnoreScalarSet)
    case assertion(Assertion)
    /// Goes on at both.
    case split(Int, Int)
    case jump(Int)
    case match
  }

  private(set) var steps: [Step]

  /// - Parameter pattern: A cleaned pattern, without its exclamation mark.
  init(pattern: [UInt8]) throws(Failure) {
    var parser = IgnoreExpressionParser(Self.expression(of: pattern))
    steps = try parser.parse()
  }

  /// The text of the expression, as scalars.
  static func expression(of pattern: [UInt8]) -> [UInt32] {
    let scalars = IgnoreScalars.decode(pattern)
    func text(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }
    var out = text("^")
    // Go's scanner passes over a byte order mark at its beginning.
    var at = scalars.first == 0xFEFF ? 1 : 0
    func next(_ character: Unicode.Scalar) -> Bool { at < scalars.count && scalars[at] == character.value }
    while at < scalars.count {
      let scalar = scalars[at]
      at += 1
      switch Unicode.Scalar(scalar) {
      case "*"?:
        guard next("*") else {
          out += text("[^/]*")
          continue
        }
        at += 1
        if next("/") { at += 1 }
        out += at == scalars.count ? text(".*") : text("(.*/)?")
      case "?"?: out += text("[^/]")
      case "."?, "+"?, "("?, ")"?, "|"?, "{"?, "}"?, "$"?: out += text("\\") + [scalar]
      case "\\"?:
        out += text("\\")
        if at < scalars.count {
          out.append(scalars[at])
          at += 1
        }
      default: out.append(scalar)
      }
    }
    return out + text("$")
  }

  func matches(_ path: [UInt32]) -> Bool {
    var machine = IgnoreExpressionMachine(steps: steps, path: path)
    return machine.run()
  }
}

/// UTF-8 as Go decodes it: a byte that is none is U+FFFD by itself.
enum IgnoreScalars {
  static func decode(_ bytes: some Sequence<UInt8>) -> [UInt32] {
    var scalars: [UInt32] = []
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let encoded): scalars.append(UTF8.decode(encoded).value)
      case .error(let length): scalars += Array(repeating: 0xFFFD, count: length)
      case .emptyInput: return scalars
      }
    }
  }
}

/// Ranges of scalars, or everything but them.
struct IgnoreScalarSet: Sendable, Equatable {
  private(set) var ranges: [ClosedRange<UInt32>] = []
  private(set) var categories: [IgnoreCategory] = []
  var isNegated = false

  mutating func insert(_ range: ClosedRange<UInt32>) { ranges.append(range) }

  mutating func insert(_ category: IgnoreCategory) { categories.append(category) }

  /// Adds everything that is not in `set`.
  mutating func insertComplement(of set: IgnoreScalarSet) {
    var next: UInt32 = 0
    for range in set.ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > next { ranges.append(next...(range.lowerBound - 1)) }
      next = max(next, range.upperBound + 1)
    }
    ranges.append(next...0x10FFFF)
  }

  func contains(_ scalar: UInt32) -> Bool {
    (ranges.contains { $0.contains(scalar) } || categories.contains { $0.contains(scalar) }) != isNegated
  }
}

/// A general category of Unicode's, as in `\pL` and `\p{Lu}`.
struct IgnoreCategory: Sendable, Equatable {
  /// One letter or two.
  let name: String
  let isNegated: Bool

  static let names: Set<String> = [
    "C", "Cc", "Cf", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No", "P",
    "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs", "Any",
  ]

  func contains(_ value: UInt32) -> Bool {
    guard let scalar = Unicode.Scalar(value) else { return isNegated }
    return (name == "Any" || Self.name(scalar.properties.generalCategory).hasPrefix(name)) != isNegated
  }

  private static func name(_ category: Unicode.GeneralCategory) -> String {
    switch category {
    case .uppercaseLetter: "Lu"
    case .lowercaseLetter: "Ll"
    case .titlecaseLetter: "Lt"
    case .modifierLetter: "Lm"
    case .otherLetter: "Lo"
    case .nonspacingMark: "Mn"
    case .spacingMark: "Mc"
    case .enclosingMark: "Me"
    case .decimalNumber: "Nd"
    case .letterNumber: "Nl"
    case .otherNumber: "No"
    case .connectorPunctuation: "Pc"
    case .dashPunctuation: "Pd"
    case .openPunctuation: "Ps"
    case .closePunctuation: "Pe"
    case .initialPunctuation: "Pi"
    case .finalPunctuation: "Pf"
    case .otherPunctuation: "Po"
    case .mathSymbol: "Sm"
    case .currencySymbol: "Sc"
    case .modifierSymbol: "Sk"
    case .otherSymbol: "So"
    case .spaceSeparator: "Zs"
    case .lineSeparator: "Zl"
    case .paragraphSeparator: "Zp"
    case .control: "Cc"
    case .format: "Cf"
    case .surrogate: "Cs"
    case .privateUse: "Co"
    case .unassigned: "unassigned"
    @unknown default: "unassigned"
    }
  }
}
