import KilnDeploy
package import KilnDocuments
import KilnHTTP
import KilnPlan
import KilnSpec

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a load test gave, as `result.json` keeps it. All times are milliseconds.
package struct LoadResult: Sendable, Hashable, Codable {
  /// How long answers took; percentiles are by nearest rank.
  package struct Times: Sendable, Hashable, Codable {
    package var mean: Double
    package var min: Int
    package var p50: Int
    package var p90: Int
    package var p95: Int
    package var p99: Int
    package var max: Int

    init(_ latencies: Latencies) {
      let ranks = latencies.percentiles([50, 90, 95, 99])
      mean = (latencies.mean * 1000).rounded() / 1000
      min = latencies.min
      (p50, p90, p95, p99) = (ranks[0], ranks[1], ranks[2], ranks[3])
      max = latencies.max
    }
  }

  /// One kind of request.
  package struct Request: Sendable, Hashable, Codable {
    package var label: String
    package var samples: Int
    package var errors: Int
    package var times: Times
  }

  /// A part of the run.
  package struct Bucket: Sendable, Hashable, Codable {
    /// Since the first request.
    package var second: Int
    package var samples: Int
    package var errors: Int
    package var p50: Int
    package var p95: Int
    package var p99: Int
  }

  /// Answers that took no longer than `milliseconds`, and longer than the one before.
  package struct Bin: Sendable, Hashable, Codable {
    package var milliseconds: Int
    package var count: Int
  }

  package struct Failure: Sendable, Hashable, Codable {
    package var text: String
    package var count: Int
  }

  package var schemaVersion = 1
  package var customer: String
  package var test: String
  package var stage: String?
  /// Where the server is.
  package var url: String
  /// What was asked, in words: results of equal loads are comparable.
  package var load: String
  /// As in `JMeter 5.6.3`.
  package var tool: String
  /// Milliseconds since 1970.
  package var begun: Int
  /// From the end of the ramp-up to the last answer.
  package var seconds: Double
  package var samples: Int
  package var errors: Int
  /// Requests of the ramp-up, which no other number has.
  package var rampUpSamples: Int
  /// Answers per second, errors among them.
  package var throughput: Double
  package var times: Times
  package var requests: [Request]
  package var failures: [Failure]
  /// Seconds of each bucket, and of the ramp-up among them.
  package var bucketSeconds: Int
  package var rampUpSeconds: Int
  package var buckets: [Bucket]
  package var distribution: [Bin]
  package var checks: [LoadCheck] = []

  package var isGood: Bool { checks.allSatisfy(\.isGood) }
  package var errorShare: Double { samples == 0 ? 0 : Double(errors) / Double(samples) }

  /// - Parameter tool: As in `JMeter 5.6.3`.
  init(
    _ measurement: LoadMeasurement, of test: LoadTestPlan, customer: String, target: LoadTarget, load: String,
    tool: String
  ) {
    self.customer = customer
    self.test = test.name
    stage = target.stage
    url = target.address.text
    self.load = load
    self.tool = tool
    begun = measurement.begin
    // What was measured, and not what was planned: JMeter's own start takes a part of the time.
    let length = measurement.length
    seconds = Double(length) / 1000
    samples = measurement.total.count
    errors = measurement.total.errors
    rampUpSamples = measurement.rampUpCount
    throughput = length == 0 ? 0 : (Double(samples) * 1_000_000 / Double(length)).rounded() / 1000
    times = Times(measurement.total)
    requests = measurement.labels.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
      Request(label: $0.key, samples: $0.value.count, errors: $0.value.errors, times: Times($0.value))
    }
    failures = measurement.errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.failureLimit).map {
      Failure(text: String($0.key.prefix(Self.failureLength)), count: $0.value)
    }
    bucketSeconds = measurement.timeline.width
    rampUpSeconds = (test.page?.rampUp.milliseconds ?? 0) / 1000
    buckets = measurement.timeline.buckets.enumerated().map { index, latencies in
      let ranks = latencies.percentiles([50, 95, 99])
      return Bucket(
        second: index * measurement.timeline.width, samples: latencies.count, errors: latencies.errors, p50: ranks[0],
        p95: ranks[1], p99: ranks[2])
    }
    distribution = Self.bins(measurement.total)
  }

  private static let failureLimit = 10
  private static let failureLength = 300
  private static let binLimit = 60

  /// At most so many bins of one width, from 0 to the longest.
  private static func bins(_ latencies: Latencies) -> [Bin] {
    guard latencies.count > 0 else { return [] }
    let width = latencies.max / binLimit + 1
    var bins = (0...latencies.max / width).map { Bin(milliseconds: ($0 + 1) * width - 1, count: 0) }
    for (milliseconds, count) in latencies.distribution { bins[milliseconds / width].count += count }
    return bins
  }

  package var document: DocumentValue {
    let encoder = JSONEncoder()
    guard let data = try? encoder.encode(self),
      case .map(var map)? = try? JSONReader.read(String(decoding: data, as: UTF8.self))
    else { preconditionFailure("a result is always a document") }
    map["isGood"] = .bool(isGood)
    return .map(map)
  }

  /// What later results are compared with.
  var mark: LoadMark {
    LoadMark(
      load: load, begun: begun, samples: samples, errors: errors, throughput: throughput, p50: times.p50,
      p95: times.p95, p99: times.p99, isGood: isGood)
  }

  /// As `result.json` has it.
  var text: String { JSONRenderer(sortedKeys: true).render(document) }

  /// As in `2026-11-27 00:40 UTC`.
  var time: String { UTCTime.minute(begun / 1000) + " UTC" }

  /// Nil for what is no result of this version's.
  init?(json bytes: [UInt8]) {
    guard let result = try? JSONDecoder().decode(LoadResult.self, from: Data(bytes)), result.schemaVersion == 1,
      result.begun >= 0, result.begun < 253_402_300_799_000
    else { return nil }
    self = result
  }
}
