/// A set of numbers from 0 to 63, as the values of a field.
struct CronValues: Hashable, Sendable {
  private var bits: UInt64 = 0

  init() {}

  /// Every `step`-th number from the first of `range` on.
  init(_ range: ClosedRange<Int>, step: Int = 1) {
    for value in stride(from: range.lowerBound, through: range.upperBound, by: step) { insert(value) }
  }

  mutating func insert(_ value: Int) { bits |= 1 << UInt64(value) }
  mutating func remove(_ value: Int) { bits &= ~(1 << UInt64(value)) }
  mutating func formUnion(_ other: CronValues) { bits |= other.bits }
  func contains(_ value: Int) -> Bool { bits >> UInt64(value) & 1 == 1 }

  var count: Int { bits.nonzeroBitCount }
  var sorted: [Int] { (0..<64).filter(contains) }

  /// The smallest that is `value` or more.
  func first(from value: Int) -> Int? {
    let rest = bits >> UInt64(value)
    return rest == 0 ? nil : value + rest.trailingZeroBitCount
  }

  /// The values as ranges of neighbours, in their order.
  var runs: [ClosedRange<Int>] {
    var runs: [ClosedRange<Int>] = []
    for value in sorted {
      if let last = runs.last, last.upperBound == value - 1 {
        runs[runs.count - 1] = last.lowerBound...value
      } else {
        runs.append(value...value)
      }
    }
    return runs
  }

  /// The distance between neighbours where it is the same one of 2 or more between three or more values.
  var step: Int? {
    let values = sorted
    guard values.count >= 3 else { return nil }
    let step = values[1] - values[0]
    return step > 1 && zip(values, values.dropFirst()).allSatisfy { $1 - $0 == step } ? step : nil
  }

  /// The step where the values go on evenly when `length` begins again: 15 for `*/15` of 60, nil for `*/7`.
  func period(of length: Int) -> Int? {
    guard count > 1, count < length, length % count == 0 else { return nil }
    let step = length / count
    return self == CronValues(0...(length - 1), step: step) ? step : nil
  }
}
