package import KilnProcesses

/// The releases that a namespace remembers.
package struct ReleaseHistory: Sendable {
  /// Newest first.
  package let records: [ReleaseRecord]

  package init(_ records: [ReleaseRecord]) { self.records = records.sorted { $0.number > $1.number } }

  /// One question to the cluster.
  package static func read(
    context: String, namespace: String, _ runner: any ProcessRunner
  ) async throws -> ReleaseHistory {
    let kubectl = Kubectl(context: context, namespace: namespace, runner)
    return ReleaseHistory(try await ReleaseStore(kubectl).listed().map(\.record))
  }

  /// The release that runs.
  package var running: ReleaseRecord? { records.first { $0.outcome == .deployed } }
}
