#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the `manifest` post-processor wrote: the builds of its last run.
///
/// The file gathers runs (`builds` is appended to), so only those of `last_run_uuid` count.
/// Source: packer's post-processor/manifest.
public struct PackerManifest: Sendable, Equatable {
  public struct Build: Sendable, Equatable {
    public let name: String
    /// The artifact's id as the builder gives it, which need not be all that it made.
    public let artifactId: String
  }

  public let builds: [Build]

  /// A manifest that is none.
  public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
  }

  private struct Document: Decodable {
    struct Build: Decodable {
      let name: String
      let artifact_id: String?
      let packer_run_uuid: String?
    }
    let builds: [Build]
    let last_run_uuid: String
  }

  public init(_ bytes: [UInt8]) throws(Failure) {
    let document: Document
    do {
      document = try JSONDecoder().decode(Document.self, from: Data(bytes))
    } catch {
      throw Failure(description: "it is no Packer manifest")
    }
    let last = document.builds.filter { $0.packer_run_uuid == document.last_run_uuid }
    if last.isEmpty { throw Failure(description: "it has no build of its last run") }
    builds = last.map { Build(name: $0.name, artifactId: $0.artifact_id ?? "") }
  }

  /// The image that the docker builder committed.
  public var dockerImage: String? { builds.first { $0.artifactId.hasPrefix("sha256:") }?.artifactId }

  /// Where the manifest's last run and `report` differ, a line each; none when they agree.
  public func differences(from report: PackerReport) -> [String] {
    builds.compactMap { build in
      guard let logged = report.builds.first(where: { $0.name == build.name }) else {
        return "build \"\(build.name)\" is in the manifest and not in the log"
      }
      let known = logged.artifacts.flatMap { artifact -> [String] in
        if case .ami(let region, let id) = artifact { return ["\(region):\(id)", id] }
        return artifact.reference.map { [$0] } ?? []
      }
      // Several AMIs are joined by commas.
      let parts = build.artifactId.split(separator: ",").map(String.init)
      if !parts.isEmpty, parts.allSatisfy({ known.contains($0) }) { return nil }
      return
        "build \"\(build.name)\": the manifest says \"\(SASRedaction.redacted(build.artifactId))\", the log \(known.map { "\"\(SASRedaction.redacted($0))\"" }.joined(separator: ", "))"
    }
  }
}
