/// What a release is called: the tag of its image, or the beginning of the image's digest.
package struct ReleaseVersion: Sendable, Hashable {
  package let text: String

  /// - Parameters:
  ///   - images: By workload, as in `ReleaseRecord.images`.
  ///   - apps: The workloads that count; empty for all. Where their versions differ, each is named.
  package init?(_ images: [String: String], of apps: Set<String> = []) {
    let wanted = images.filter { apps.contains($0.key) }
    let named = (wanted.isEmpty ? images : wanted).sorted { $0.key < $1.key }.map { ($0.key, ReleaseImage($0.value)) }
    let versions = Set(named.map(\.1.version))
    guard let first = named.first else { return nil }
    guard versions.count > 1 else {
      text = first.1.version
      return
    }
    let more = named.count > 2 ? " and \(named.count - 2) more" : ""
    text = named.prefix(2).map { "\($0.0) \($0.1.version)" }.joined(separator: ", ") + more
  }
}
