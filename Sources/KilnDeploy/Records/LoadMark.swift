/// What a load test gave on a release, as its record keeps it. Times are milliseconds.
package struct LoadMark: Sendable, Hashable, Codable {
  /// What was asked, in words: marks of equal loads are comparable.
  package var load: String
  /// Milliseconds since 1970.
  package var begun: Int
  package var samples: Int
  package var errors: Int
  /// Answers per second.
  package var throughput: Double
  package var p50: Int
  package var p95: Int
  package var p99: Int
  package var isGood: Bool

  package init(
    load: String, begun: Int, samples: Int, errors: Int, throughput: Double, p50: Int, p95: Int, p99: Int, isGood: Bool
  ) {
    self.load = load
    self.begun = begun
    self.samples = samples
    self.errors = errors
    self.throughput = throughput
    self.p50 = p50
    self.p95 = p95
    self.p99 = p99
    self.isGood = isGood
  }

  /// A record is text that others may have written.
  var isPlausible: Bool {
    (0..<253_402_300_799_000).contains(begun)
      && [samples, errors, p50, p95, p99].allSatisfy { (0...1 << 40).contains($0) }
      && throughput.isFinite && load.utf8.count <= 4096
  }

  /// As in `load test browse: good, p95 95 ms, 213.5 per second, 0 of 12816 errors`.
  func text(_ test: String) -> String {
    "load test \(test): \(isGood ? "good" : "not good"), p50 \(p50) ms, p95 \(p95) ms, "
      + "\((throughput * 10).rounded() / 10) per second, \(errors) of \(samples) are errors"
  }
}
