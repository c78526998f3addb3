/// Reads the expressions that patterns become, with the rules of Go's regexp/syntax (Perl flags).
struct IgnoreExpressionParser {
  typealias Failure = IgnoreExpression.Failure

  private let text: [UInt32]
  private var at = 0
  private var steps: [IgnoreExpression.Step] = []

  init(_ text: [UInt32]) { self.text = text }

  mutating func parse() throws(Failure) -> [IgnoreExpression.Step] {
    try sequence(inGroup: false)
    steps.append(.match)
    return steps
  }

  private func peek(_ character: Unicode.Scalar, _ ahead: Int = 0) -> Bool {
    at + ahead < text.count && text[at + ahead] == character.value
  }

  private var current: Unicode.Scalar? { at < text.count ? Unicode.Scalar(text[at]) : nil }

  private mutating func sequence(inGroup: Bool) throws(Failure) {
    while at < text.count, !(inGroup && peek(")")) {
      let start = steps.count
      try atom()
      try quantifier(start)
    }
  }

  private mutating func atom() throws(Failure) {
    let scalar = text[at]
    switch Unicode.Scalar(scalar) {
    case "^"?: skip(.assertion(.begin))
    case "$"?: skip(.assertion(.end))
    case "."?: skip(.any)
    case "["?: try set()
    case "\\"?: try escape()
    case "("?:
      at += 1
      try sequence(inGroup: true)
      guard peek(")") else { throw Failure(message: "a parenthesis is not closed") }
      at += 1
    default:
      steps.append(.scalar(scalar))
      at += 1
    }
  }

  private mutating func skip(_ step: IgnoreExpression.Step) {
    steps.append(step)
    at += 1
  }

  /// `*` and `?` after what begins at `start`.
  private mutating func quantifier(_ start: Int) throws(Failure) {
    if peek("*") {
      at += 1
      steps.insert(.split(start + 1, steps.count + 2), at: start)
      shift(from: start + 1)
      steps.append(.jump(start))
    } else if peek("?") {
      at += 1
      steps.insert(.split(start + 1, steps.count + 1), at: start)
      shift(from: start + 1)
    }
  }

  /// Steps that moved by one lead to others that did.
  private mutating func shift(from start: Int) {
    for index in start..<steps.count {
      switch steps[index] {
      case .split(let one, let other): steps[index] = .split(one + 1, other + 1)
      case .jump(let target): steps[index] = .jump(target + 1)
      default: break
      }
    }
  }

  private mutating func escape() throws(Failure) {
    switch at + 1 < text.count ? Unicode.Scalar(text[at + 1]) : nil {
    case "A"?: skipTwo(.assertion(.begin))
    case "z"?: skipTwo(.assertion(.end))
    case "b"?: skipTwo(.assertion(.wordBoundary))
    case "B"?: skipTwo(.assertion(.noWordBoundary))
    case "Q"?: quoted()
    default:
      if let set = try classEscape() {
        steps.append(.set(set))
      } else {
        steps.append(.scalar(try scalarEscape()))
      }
    }
  }

  private mutating func skipTwo(_ step: IgnoreExpression.Step) {
    steps.append(step)
    at += 2
  }

  /// `\Q…\E`: the end of the expression ends it too.
  private mutating func quoted() {
    at += 2
    while at < text.count, !(peek("\\") && peek("E", 1)) {
      steps.append(.scalar(text[at]))
      at += 1
    }
    at = min(at + 2, text.count)
  }

  /// `\d`, `\S`, `\pL`, `\p{^Lu}` and their like; nil for any other escape.
  private mutating func classEscape() throws(Failure) -> IgnoreScalarSet? {
    guard peek("\\"), at + 1 < text.count, let letter = Unicode.Scalar(text[at + 1]) else { return nil }
    if letter == "p" || letter == "P" { return try category(isNegated: letter == "P") }
    var set = IgnoreScalarSet()
    switch letter {
    case "d", "D": set.insert(0x30...0x39)
    case "s", "S": for value in [0x09...0x0A, 0x0C...0x0D, 0x20...0x20] as [ClosedRange<UInt32>] { set.insert(value) }
    case "w", "W":
      for value in [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A] as [ClosedRange<UInt32>] { set.insert(value) }
    default: return nil
    }
    at += 2
    set.isNegated = ["D", "S", "W"].contains(letter)
    return set
  }

  private mutating func category(isNegated: Bool) throws(Failure) -> IgnoreScalarSet {
    var isNegated = isNegated
    at += 2
    var name = ""
    if peek("{") {
      at += 1
      while let scalar = current, scalar != "}" {
        name.unicodeScalars.append(scalar)
        at += 1
      }
      guard peek("}") else { throw Failure(message: "\\p{ is not closed") }
      at += 1
      if name.hasPrefix("^") {
        isNegated.toggle()
        name.removeFirst()
      }
    } else if let scalar = current {
      name.unicodeScalars.append(scalar)
      at += 1
    }
    guard IgnoreCategory.names.contains(name) else { throw Failure(message: "\\p has no class \"\(name)\"") }
    var set = IgnoreScalarSet()
    set.insert(IgnoreCategory(name: name, isNegated: isNegated))
    return set
  }

  /// An escape that stands for one scalar; `at` is at the backslash.
  private mutating func scalarEscape() throws(Failure) -> UInt32 {
    at += 1
    guard let letter = current else { throw Failure(message: "a backslash has nothing after it") }
    at += 1
    let failure = Failure(message: "\\\(letter) means nothing")
    func octal(_ index: Int) -> UInt32? {
      guard index < text.count, (0x30...0x37).contains(text[index]) else { return nil }
      return text[index] - 0x30
    }
    switch letter {
    case "1", "2", "3", "4", "5", "6", "7", "0":
      if letter != "0", octal(at) == nil { throw failure }
      var value = letter.value - 0x30
      for _ in 0..<2 {
        guard let digit = octal(at) else { break }
        value = value * 8 + digit
        at += 1
      }
      return value
    case "x": return try hexadecimal(failure)
    case "a": return 7
    case "f": return 12
    case "n": return 10
    case "r": return 13
    case "t": return 9
    case "v": return 11
    default:
      let isWord = letter.properties.isAlphabetic || letter.properties.numericType != nil
      guard letter.isASCII, !isWord else { throw failure }
      return letter.value
    }
  }

  private mutating func hexadecimal(_ failure: Failure) throws(Failure) -> UInt32 {
    func digit(_ index: Int) -> UInt32? {
      guard index < text.count, let scalar = Unicode.Scalar(text[index]), scalar.isASCII else { return nil }
      return Character(scalar).hexDigitValue.map(UInt32.init)
    }
    guard peek("{") else {
      guard let first = digit(at), let second = digit(at + 1) else { throw failure }
      at += 2
      return first * 16 + second
    }
    at += 1
    var value: UInt32 = 0
    var count = 0
    while let next = digit(at) {
      value = value * 16 + next
      guard value <= 0x10FFFF else { throw failure }
      at += 1
      count += 1
    }
    guard peek("}"), count > 0 else { throw failure }
    at += 1
    return value
  }

  private mutating func set() throws(Failure) {
    at += 1
    var set = IgnoreScalarSet()
    if peek("^") {
      set.isNegated = true
      at += 1
    }
    var isFirst = true
    while !peek("]") || isFirst {
      isFirst = false
      if peek("["), peek(":", 1), let named = try namedClass() {
        insert(named, in: &set)
      } else if let escaped = try classEscape() {
        insert(escaped, in: &set)
      } else {
        let low = try setScalar()
        var high = low
        if peek("-"), at + 1 < text.count, !peek("]", 1) {
          at += 1
          high = try setScalar()
          guard high >= low else { throw Failure(message: "a range goes from high to low") }
        }
        set.insert(low...high)
      }
    }
    at += 1
    steps.append(.set(set))
  }

  private func insert(_ other: IgnoreScalarSet, in set: inout IgnoreScalarSet) {
    for category in other.categories { set.insert(category) }
    if other.isNegated { return set.insertComplement(of: other) }
    for range in other.ranges { set.insert(range) }
  }

  private mutating func setScalar() throws(Failure) -> UInt32 {
    guard at < text.count else { throw Failure(message: "a [ is not closed") }
    if peek("\\") { return try scalarEscape() }
    defer { at += 1 }
    return text[at]
  }

  /// `[:alpha:]`; nil where no `:]` follows.
  private mutating func namedClass() throws(Failure) -> IgnoreScalarSet? {
    var end = at + 2
    while end + 1 < text.count, !(text[end] == 0x3A && text[end + 1] == 0x5D) { end += 1 }
    guard end + 1 < text.count else { return nil }
    var name = ""
    for value in text[(at + 2)..<end] { name.unicodeScalars.append(Unicode.Scalar(value) ?? "\u{FFFD}") }
    let isNegated = name.hasPrefix("^")
    guard let ranges = Self.named[isNegated ? String(name.dropFirst()) : name] else {
      throw Failure(message: "there is no class [:\(name):]")
    }
    at = end + 2
    var set = IgnoreScalarSet()
    for range in ranges { set.insert(range) }
    set.isNegated = isNegated
    return set
  }

  private static let named: [String: [ClosedRange<UInt32>]] = [
    "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A], "alpha": [0x41...0x5A, 0x61...0x7A], "ascii": [0...0x7F],
    "blank": [0x09...0x09, 0x20...0x20], "cntrl": [0...0x1F, 0x7F...0x7F], "digit": [0x30...0x39],
    "graph": [0x21...0x7E], "lower": [0x61...0x7A], "print": [0x20...0x7E],
    "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E], "space": [0x09...0x0D, 0x20...0x20],
    "upper": [0x41...0x5A], "word": [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A],
    "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
  ]
}
