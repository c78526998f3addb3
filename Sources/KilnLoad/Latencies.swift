/// How long answers took: every one of them, as JMeter's milliseconds.
struct Latencies: Sendable, Hashable {
  private var counts: [Int: Int] = [:]
  private(set) var count = 0
  private(set) var sum = 0
  private(set) var errors = 0

  mutating func add(_ milliseconds: Int, isError: Bool) {
    counts[milliseconds, default: 0] += 1
    count += 1
    sum += milliseconds
    if isError { errors += 1 }
  }

  mutating func add(_ other: Latencies) {
    counts.merge(other.counts, uniquingKeysWith: +)
    count += other.count
    sum += other.sum
    errors += other.errors
  }

  var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }
  var max: Int { counts.keys.max() ?? 0 }
  var min: Int { counts.keys.min() ?? 0 }

  /// By nearest rank: the least time within which at least so many of a hundred answers came. One that really occurred;
  /// nothing is interpolated. 0 where there is none.
  /// - Parameter ranks: Percents, from 1 to 100.
  func percentiles(_ ranks: [Int]) -> [Int] {
    let sorted = counts.sorted { $0.key < $1.key }
    return ranks.map { rank in
      let position = (rank * count + 99) / 100
      var seen = 0
      for (milliseconds, number) in sorted {
        seen += number
        if seen >= position { return milliseconds }
      }
      return 0
    }
  }

  func percentile(_ rank: Int) -> Int { percentiles([rank])[0] }

  /// Each time and how many answers took it, from the shortest.
  var distribution: [(milliseconds: Int, count: Int)] {
    counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
