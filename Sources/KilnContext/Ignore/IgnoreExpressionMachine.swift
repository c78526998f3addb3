/// Runs an expression over a path, all its ways at once.
struct IgnoreExpressionMachine {
  private let steps: [IgnoreExpression.Step]
  private let path: [UInt32]
  /// Where its ways are, in the order in which they came there.
  private var current: [Int] = []
  private var last: [Int] = []
  /// The place after which each step was last come to.
  private var seen: [Int]
  private var waiting: [Int] = []
  private var isMatch = false

  init(steps: [IgnoreExpression.Step], path: [UInt32]) {
    self.steps = steps
    self.path = path
    seen = Array(repeating: -1, count: steps.count)
  }

  mutating func run() -> Bool {
    add(0, at: 0)
    for place in path.indices {
      if isMatch || current.isEmpty { return isMatch }
      swap(&last, &current)
      current.removeAll(keepingCapacity: true)
      for index in last.indices where takes(steps[last[index]], path[place]) { add(last[index] + 1, at: place + 1) }
    }
    return isMatch
  }

  private func takes(_ step: IgnoreExpression.Step, _ scalar: UInt32) -> Bool {
    switch step {
    case .scalar(let wanted): wanted == scalar
    case .any: scalar != 0x0A
    case .set(let set): set.contains(scalar)
    case .assertion, .split, .jump, .match: false
    }
  }

  /// Adds a step and all that it leads to without a scalar.
  private mutating func add(_ first: Int, at place: Int) {
    waiting.append(first)
    while let step = waiting.popLast() {
      if seen[step] == place { continue }
      seen[step] = place
      switch steps[step] {
      case .split(let one, let other):
        waiting.append(other)
        waiting.append(one)
      case .jump(let target): waiting.append(target)
      case .assertion(let assertion): if holds(assertion, at: place) { waiting.append(step + 1) }
      case .match: isMatch = true
      case .scalar, .any, .set: current.append(step)
      }
    }
  }

  private func holds(_ assertion: IgnoreExpression.Assertion, at place: Int) -> Bool {
    switch assertion {
    case .begin: place == 0
    case .end: place == path.count
    case .wordBoundary: isWord(place - 1) != isWord(place)
    case .noWordBoundary: isWord(place - 1) == isWord(place)
    }
  }

  private func isWord(_ place: Int) -> Bool {
    guard path.indices.contains(place), let scalar = Unicode.Scalar(path[place]), scalar.isASCII else { return false }
    return scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
}
