import KilnArtifacts
import KilnDocuments
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The results of one load test at one target, oldest first, in a line each.
struct LoadHistory: Sendable, Hashable, Codable {
  struct Entry: Sendable, Hashable, Codable {
    var begun: Int
    var load: String
    var samples: Int
    var errors: Int
    var throughput: Double
    var p50: Int
    var p95: Int
    var p99: Int
    var isGood: Bool
    /// What was broken.
    var broken: [String]

    init(_ result: LoadResult) {
      begun = result.begun
      load = result.load
      samples = result.samples
      errors = result.errors
      throughput = result.throughput
      (p50, p95, p99) = (result.times.p50, result.times.p95, result.times.p99)
      isGood = result.isGood
      broken = result.checks.filter { !$0.isGood }.map(\.message)
    }
  }

  private static let limit = 50

  var schemaVersion = 1
  private(set) var entries: [Entry] = []

  init() {}

  /// Empty where there is no such file, or it is none of this version's.
  init(readingFrom file: FilePath) {
    guard let bytes = try? RegularFile.read(file, limit: 1 << 24, following: .refused),
      let history = try? JSONDecoder().decode(LoadHistory.self, from: Data(bytes)), history.schemaVersion == 1
    else { return }
    self = history
  }

  /// The last 50.
  func adding(_ result: LoadResult) -> LoadHistory {
    var history = self
    history.entries = (entries + [Entry(result)]).suffix(Self.limit)
    return history
  }

  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { preconditionFailure("a history is always a document") }
    return String(decoding: data, as: UTF8.self) + "\n"
  }
}
