/// What a pattern says, before it is made into steps.
indirect enum TextPatternExpression {
  case set(ScalarSet)
  case begin
  case end
  case sequence([TextPatternExpression])
  case either([TextPatternExpression])
  /// `upper` nil for no bound.
  case repeated(TextPatternExpression, lower: Int, upper: Int?)

  /// How many steps it takes; nothing counts as one, so that repeating it has an end as well.
  var size: Int {
    switch self {
    case .set, .begin, .end: return 1
    case .sequence(let parts): return max(1, parts.reduce(0) { $0 + $1.size })
    case .either(let parts): return parts.reduce(0) { $0 + $1.size + 2 }
    case .repeated(let part, let lower, let upper):
      let size = part.size
      return size * lower + (upper.map { (size + 1) * max(0, $0 - lower) } ?? size + 2)
    }
  }

  func compile(into steps: inout [TextPattern.Step]) {
    switch self {
    case .set(let set): steps.append(.set(set))
    case .begin: steps.append(.begin)
    case .end: steps.append(.end)
    case .sequence(let parts): for part in parts { part.compile(into: &steps) }
    case .either(let parts):
      var jumps: [Int] = []
      for (index, part) in parts.enumerated() {
        let split = steps.count
        if index < parts.count - 1 { steps.append(.split(split + 1, 0)) }
        part.compile(into: &steps)
        guard index < parts.count - 1 else { break }
        jumps.append(steps.count)
        steps.append(.jump(0))
        steps[split] = .split(split + 1, steps.count)
      }
      for jump in jumps { steps[jump] = .jump(steps.count) }
    case .repeated(let part, let lower, let upper):
      for _ in 0..<lower { part.compile(into: &steps) }
      guard let upper else {
        let split = steps.count
        steps.append(.split(split + 1, 0))
        part.compile(into: &steps)
        steps.append(.jump(split))
        steps[split] = .split(split + 1, steps.count)
        return
      }
      var splits: [Int] = []
      for _ in lower..<upper {
        splits.append(steps.count)
        steps.append(.split(0, 0))
        part.compile(into: &steps)
      }
      for split in splits { steps[split] = .split(split + 1, steps.count) }
    }
  }
}

/// Reads a pattern's text.
struct TextPatternParser {
  typealias Failure = TextPattern.Failure

  private let text: [Unicode.Scalar]
  private var at = 0
  private var depth = 0

  init(_ pattern: String) { text = Array(pattern.unicodeScalars) }

  private var next: Unicode.Scalar? { at < text.count ? text[at] : nil }

  mutating func parse() throws(Failure) -> TextPatternExpression {
    let expression = try alternatives()
    if next == ")" { throw Failure(message: "a ) has no ( before it") }
    return expression
  }

  private mutating func alternatives() throws(Failure) -> TextPatternExpression {
    var parts = [try sequence()]
    while next == "|" {
      at += 1
      parts.append(try sequence())
    }
    return try limited(parts.count == 1 ? parts[0] : .either(parts))
  }

  private mutating func sequence() throws(Failure) -> TextPatternExpression {
    var parts: [TextPatternExpression] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      let part = try atom(scalar)
      parts.append(try limited(quantified(part)))
      // Sizes add up once more where the sequence ends; here they stop a long pattern early.
      if parts.count > TextPattern.stepLimit { throw Self.tooLarge }
    }
    return try limited(.sequence(parts))
  }

  private static let tooLarge = Failure(
    message: "it takes more than \(TextPattern.stepLimit) steps; repeat less, or shorten it")

  private func limited(_ expression: TextPatternExpression) throws(Failure) -> TextPatternExpression {
    if expression.size > TextPattern.stepLimit { throw Self.tooLarge }
    return expression
  }

  private mutating func atom(_ scalar: Unicode.Scalar) throws(Failure) -> TextPatternExpression {
    at += 1
    switch scalar {
    case "^": return .begin
    case "$": return .end
    case ".": return .set(ScalarSet(0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029).inverted)
    case "[": return .set(try set())
    case "\\": return .set(try escape())
    case "(": return try group()
    case "*", "+", "?": throw Failure(message: "a \(scalar) has nothing before it to repeat")
    case "{", "}", "]": throw Failure(message: "write \\\(scalar) for \(scalar) itself")
    default: return .set(ScalarSet(scalar.value...scalar.value))
    }
  }

  private mutating func group() throws(Failure) -> TextPatternExpression {
    if next == "?" {
      at += 1
      guard next == ":" else {
        throw Failure(message: "(? is followed by :; lookaround, names and flags are not matched")
      }
      at += 1
    }
    depth += 1
    guard depth <= TextPattern.depthLimit else {
      throw Failure(message: "groups are nested more than \(TextPattern.depthLimit) deep")
    }
    let expression = try alternatives()
    guard next == ")" else { throw Failure(message: "a ( is not closed") }
    at += 1
    depth -= 1
    return expression
  }

  private mutating func quantified(_ part: TextPatternExpression) throws(Failure) -> TextPatternExpression {
    var bounds: (lower: Int, upper: Int?)
    switch next {
    case "*": bounds = (0, nil)
    case "+": bounds = (1, nil)
    case "?": bounds = (0, 1)
    case "{": bounds = try counts()
    default: return part
    }
    at += 1
    // Lazily or greedily: a whole text matches or not.
    if next == "?" { at += 1 }
    if let again = next, "*+?{".unicodeScalars.contains(again) {
      throw Failure(message: "a \(again) has nothing before it to repeat")
    }
    if let upper = bounds.upper, upper < bounds.lower { throw Failure(message: "{n,m} goes from high to low") }
    return .repeated(part, lower: bounds.lower, upper: bounds.upper)
  }

  /// `{n}`, `{n,}` or `{n,m}`, up to its brace.
  private mutating func counts() throws(Failure) -> (lower: Int, upper: Int?) {
    let failure = Failure(message: "a { is followed by n}, n,} or n,m}; write \\{ for { itself")
    at += 1
    func number(_ parser: inout TextPatternParser) throws(Failure) -> Int? {
      var value: Int?
      while let digit = parser.next, digit.isASCII, let one = Character(digit).wholeNumberValue {
        value = (value ?? 0) * 10 + one
        if value ?? 0 > TextPattern.stepLimit { throw TextPatternParser.tooLarge }
        parser.at += 1
      }
      return value
    }
    guard let lower = try number(&self) else { throw failure }
    var upper: Int? = lower
    if next == "," {
      at += 1
      upper = try number(&self)
    }
    guard next == "}" else { throw failure }
    return (lower, upper)
  }

  private mutating func set() throws(Failure) -> ScalarSet {
    var set = ScalarSet()
    let isNegated = next == "^"
    if isNegated { at += 1 }
    if next == "]" { throw Failure(message: "write \\] for ] itself in [ ]") }
    while let scalar = next, scalar != "]" {
      if scalar == "[" || "&-~".unicodeScalars.contains(scalar) && at + 1 < text.count && text[at + 1] == scalar {
        throw Failure(message: "write \\\(scalar) for \(scalar) itself in [ ]")
      }
      let low: UInt32
      switch try member() {
      case .several(let members):
        if members.isNegated { throw Failure(message: "write what \\D, \\W or \\S leaves out with [^ ]") }
        set.formUnion(members)
        continue
      case .one(let value): low = value
      }
      var high = low
      if next == "-", at + 1 < text.count, text[at + 1] != "]" {
        at += 1
        guard case .one(let value) = try member(), value >= low else {
          throw Failure(message: "a range goes from low to high, between two characters")
        }
        high = value
      }
      set.insert(low...high)
    }
    guard next == "]" else { throw Failure(message: "a [ is not closed") }
    at += 1
    return isNegated ? set.inverted : set
  }

  private enum Member {
    case one(UInt32)
    case several(ScalarSet)
  }

  /// A character of a class, or an escape in it.
  private mutating func member() throws(Failure) -> Member {
    guard let scalar = next else { throw Failure(message: "a [ is not closed") }
    at += 1
    return scalar == "\\" ? try escaped() : .one(scalar.value)
  }

  private mutating func escape() throws(Failure) -> ScalarSet {
    switch try escaped() {
    case .one(let value): ScalarSet(value...value)
    case .several(let set): set
    }
  }

  /// What stands behind a backslash.
  private mutating func escaped() throws(Failure) -> Member {
    guard let letter = next else { throw Failure(message: "a backslash has nothing after it") }
    at += 1
    let digits = ScalarSet(0x30...0x39)
    let word = ScalarSet(0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A)
    let space = ScalarSet(0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x2028...0x2029, 0xFEFF...0xFEFF)
    switch letter {
    case "d": return .several(digits)
    case "D": return .several(digits.inverted)
    case "w": return .several(word)
    case "W": return .several(word.inverted)
    case "s": return .several(space)
    case "S": return .several(space.inverted)
    case "n": return .one(0x0A)
    case "r": return .one(0x0D)
    case "t": return .one(0x09)
    case "f": return .one(0x0C)
    case "v": return .one(0x0B)
    case "x": return .one(try hexadecimal(2))
    case "u": return .one(try hexadecimal(4))
    default:
      let isLetter = letter.properties.isAlphabetic || letter.properties.numericType != nil
      guard letter.isASCII, !isLetter else { throw Failure(message: "\\\(letter) is not matched") }
      return .one(letter.value)
    }
  }

  private mutating func hexadecimal(_ count: Int) throws(Failure) -> UInt32 {
    let digits = text[at...].prefix(count)
    guard digits.count == count, digits.allSatisfy({ $0.isASCII && Character($0).isHexDigit }),
      let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16)
    else { throw Failure(message: "\\x has two hexadecimal digits, \\u four") }
    at += count
    return value
  }
}
