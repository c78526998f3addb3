/// What a run gave: all of it, each request's share, and how it went over time.
struct LoadMeasurement: Sendable {
  /// In the chart: seconds since the first request, and what ended then.
  struct Timeline: Sendable {
    private static let limit = 240

    /// Seconds of each bucket.
    private(set) var width = 1
    private(set) var buckets: [Latencies] = []

    mutating func add(_ second: Int, _ milliseconds: Int, isError: Bool) {
      while second / width >= Self.limit {
        width *= 2
        buckets = stride(from: 0, to: buckets.count, by: 2).map { index in
          var pair = buckets[index]
          if index + 1 < buckets.count { pair.add(buckets[index + 1]) }
          return pair
        }
      }
      let index = second / width
      while buckets.count <= index { buckets.append(Latencies()) }
      buckets[index].add(milliseconds, isError: isError)
    }
  }

  /// Without the ramp-up.
  private(set) var total = Latencies()
  /// The same by what the plan calls the request. Transactions are here, and not in `total`.
  private(set) var labels: [String: Latencies] = [:]
  /// Errors by what they were, as in `500`.
  private(set) var errors: [String: Int] = [:]
  /// With the ramp-up.
  private(set) var timeline = Timeline()
  /// Requests of the ramp-up.
  private(set) var rampUpCount = 0
  /// Milliseconds since 1970: the first request of all.
  let begin: Int
  /// Milliseconds since the ramp-up's end, when the last answer came.
  private(set) var length = 0

  private let rampUp: Int

  /// - Parameter rampUp: Milliseconds from the first request: what was asked before is shown over time, and not counted.
  init(begin: Int, rampUp: Int) {
    self.begin = begin
    self.rampUp = rampUp
  }

  /// Names of requests and of errors that are kept apart: a plan may make them up.
  private static let nameLimit = 100
  private static let others = "(others)"

  mutating func add(_ sample: LoadSample) {
    let isError = !sample.isSuccess
    if !sample.isTransaction {
      timeline.add(max(0, sample.end - begin) / 1000, sample.elapsed, isError: isError)
    }
    guard sample.begin >= begin + rampUp else {
      if !sample.isTransaction { rampUpCount += 1 }
      return
    }
    length = max(length, sample.end - begin - rampUp)
    let label = labels[sample.label] == nil && labels.count >= Self.nameLimit ? Self.others : sample.label
    labels[label, default: Latencies()].add(sample.elapsed, isError: isError)
    guard !sample.isTransaction else { return }
    total.add(sample.elapsed, isError: isError)
    if isError {
      let name = sample.status + (sample.message.isEmpty ? "" : " \(sample.message)")
      errors[errors[name] == nil && errors.count >= Self.nameLimit ? Self.others : name, default: 0] += 1
    }
  }

  /// Reads the file twice: lines are in the order of the answers, so that only the whole file knows the first request.
  /// - Returns: Nil where nothing was asked.
  static func read(_ reader: SampleReader, rampUp: Int) throws -> LoadMeasurement? {
    var begin = Int.max
    try reader.read { begin = min(begin, $0.begin) }
    guard begin < .max else { return nil }
    var measurement = LoadMeasurement(begin: begin, rampUp: rampUp)
    try reader.read { measurement.add($0) }
    return measurement
  }
}
