@testable import KilnSchedule

/// Random numbers that are the same in every run (SplitMix64).
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

/// `2026-11-26 03:00`, as a test writes it.
func minute(_ text: String) -> CronSchedule.Minute {
  let numbers = text.split { "- :".contains($0) }.compactMap { Int($0) }
  guard
    numbers.count == 5,
    let minute = CronSchedule.Minute(
      year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4])
  else { preconditionFailure("\(text) is no minute") }
  return minute
}

/// From 2020 to 2039.
func randomMinute(_ random: inout some RandomNumberGenerator) -> CronSchedule.Minute {
  while true {
    if let minute = CronSchedule.Minute(
      year: .random(in: 2020...2039, using: &random), month: .random(in: 1...12, using: &random),
      day: .random(in: 1...31, using: &random), hour: .random(in: 0...23, using: &random),
      minute: .random(in: 0...59, using: &random))
    {
      return minute
    }
  }
}

/// A schedule that is accepted, of all forms, and one that fires.
func randomSchedule(_ random: inout some RandomNumberGenerator) -> String {
  while true {
    let fields = CronField.allCases.map { randomField($0, &random) }
    if let schedule = try? CronSchedule(fields.joined(separator: " ")), schedule.fires { return schedule.text }
  }
}

private func randomField(_ field: CronField, _ random: inout some RandomNumberGenerator) -> String {
  if Bool.random(using: &random) { return "*" }
  let count = Int.random(in: 1...3, using: &random)
  return (0..<count).map { _ in
    let low = Int.random(in: field.range, using: &random)
    let high = Int.random(in: low...field.range.upperBound, using: &random)
    return switch Int.random(in: 0..<4, using: &random) {
    case 0: "*/\(Int.random(in: 2...(field.all.count - 1), using: &random))"
    case 1 where high > low + 1: "\(low)-\(high)/\(Int.random(in: 1...(high - low), using: &random))"
    case 2: "\(low)-\(high)"
    default: "\(low)"
    }
  }.joined(separator: ",")
}
