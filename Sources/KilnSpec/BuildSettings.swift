/// How a fleet is built, from `kiln.yaml`.
public struct BuildSettings: Sendable, Hashable {
  public var platforms: [String] = []
  /// `min` or `max`.
  public var provenance: String?
  public var hasSBOM = false
  /// As BuildKit writes them, with `{{target}}` for a target's name.
  public var cacheFrom: [String] = []
  public var cacheTo: [String] = []

  /// What stands for a target's name in a cache.
  public static let target = "{{target}}"

  public init() {}

  package init(_ node: SpecNode) {
    platforms = node.texts("platforms")
    provenance = node["provenance"]?.scalar?.text
    hasSBOM = node["sbom"]?.boolean ?? false
    cacheFrom = node.texts("cacheFrom")
    cacheTo = node.texts("cacheTo")
  }

  /// As `docker buildx build --attest` takes them.
  public var attestations: [String] {
    (provenance.map { ["type=provenance,mode=\($0)"] } ?? []) + (hasSBOM ? ["type=sbom"] : [])
  }
}
