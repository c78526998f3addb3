/// Runs a pattern over a text, all its ways at once.
struct TextPatternMachine {
  private let steps: [TextPattern.Step]
  private var current: [Int] = []
  private var last: [Int] = []
  private var waiting: [Int] = []
  /// For each step the place that it was last reached at, from 1.
  private var seen: [Int]
  private var isMatch = false
  /// How many steps were tried: at most one for each step of the pattern and character.
  private(set) var tried = 0

  init(_ steps: [TextPattern.Step]) {
    self.steps = steps
    seen = Array(repeating: 0, count: steps.count)
  }

  mutating func run(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    var place = 1
    var index = scalars.startIndex
    add(0, place, isFirst: true, isLast: scalars.isEmpty)
    while index < scalars.endIndex, !current.isEmpty {
      let value = scalars[index].value
      index = scalars.index(after: index)
      place += 1
      isMatch = false
      // Both keep their storage: a copy would be made anew for each character.
      swap(&last, &current)
      current.removeAll(keepingCapacity: true)
      for number in last.indices {
        let step = last[number]
        tried += 1
        if case .set(let set) = steps[step], set.contains(value) {
          add(step + 1, place, isFirst: false, isLast: index == scalars.endIndex)
        }
      }
    }
    return isMatch && index == scalars.endIndex
  }

  /// Adds a step and all that it leads to without a character.
  private mutating func add(_ first: Int, _ place: Int, isFirst: Bool, isLast: Bool) {
    waiting.append(first)
    while let step = waiting.popLast() {
      if seen[step] == place { continue }
      seen[step] = place
      switch steps[step] {
      case .split(let one, let other):
        waiting.append(other)
        waiting.append(one)
      case .jump(let target): waiting.append(target)
      case .begin: if isFirst { waiting.append(step + 1) }
      case .end: if isLast { waiting.append(step + 1) }
      case .match: isMatch = true
      case .set: current.append(step)
      }
    }
  }
}
