import Testing

@testable import KilnLoad

struct LatenciesTests {
  private func latencies(_ values: [Int]) -> Latencies {
    var latencies = Latencies()
    for value in values { latencies.add(value, isError: false) }
    return latencies
  }

  /// "The nearest-rank method", as statistics has it: the value at ⌈p·n/100⌉ of the sorted list.
  private func independent(_ values: [Int], _ rank: Int) -> Int {
    let sorted = values.sorted()
    return sorted[Int((Double(rank) / 100 * Double(sorted.count)).rounded(.up)) - 1]
  }

  /// https://en.wikipedia.org/wiki/Percentile, "The nearest-rank method", has these.
  @Test func knownExamples() {
    let five = latencies([15, 20, 35, 40, 50])
    #expect(five.percentiles([5, 30, 40, 50, 100]) == [15, 20, 20, 35, 50])
    let ten = latencies([3, 6, 7, 8, 8, 10, 13, 15, 16, 20])
    #expect(ten.percentiles([25, 50, 75, 100]) == [7, 8, 15, 20])
  }

  @Test func equalsAnIndependentCalculation() {
    var state: UInt64 = 42
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    for count in [1, 2, 3, 19, 20, 21, 99, 100, 101, 1000, 4999] {
      let values = (0..<count).map { _ in Int(next() % 700) }
      let all = latencies(values)
      for rank in [1, 50, 90, 95, 99, 100] {
        // Ranks by which a binary fraction is exact, or the list is too short to tell.
        let exact = (rank * count + 99) / 100
        #expect(all.percentile(rank) == values.sorted()[exact - 1], "\(rank) of \(count)")
        if rank * count % 100 != 0 { #expect(all.percentile(rank) == independent(values, rank), "\(rank) of \(count)") }
      }
      #expect(all.min == values.min() && all.max == values.max() && all.count == count)
      #expect(abs(all.mean - Double(values.reduce(0, +)) / Double(count)) < 1e-9)
    }
  }

  @Test func nothingIsZero() {
    #expect(Latencies().percentiles([50, 99]) == [0, 0])
    #expect(Latencies().mean == 0 && Latencies().max == 0)
  }

  @Test func twoTogetherAreAllOfThem() {
    var both = latencies([1, 5, 9])
    both.add(latencies([5, 100]))
    #expect(both.percentiles([50, 100]) == [5, 100] && both.count == 5 && both.sum == 120)
  }

  /// A long run is shown in few buckets, and loses no answer.
  @Test func theTimelineGrowsCoarser() {
    var timeline = LoadMeasurement.Timeline()
    for second in 0..<3600 { timeline.add(second, second % 7, isError: second % 100 == 0) }
    #expect(timeline.width == 16 && timeline.buckets.count == 225)
    #expect(timeline.buckets.reduce(0) { $0 + $1.count } == 3600)
    #expect(timeline.buckets.reduce(0) { $0 + $1.errors } == 36)
    #expect(timeline.buckets[0].count == 16)
  }
}
