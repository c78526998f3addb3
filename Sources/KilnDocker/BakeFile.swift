import KilnDocuments

/// A file for `docker buildx bake`: many builds as one graph.
///
/// Source: buildx's bake file reference. In values `${` and `%{` would begin a template of HCL, in JSON too, and are
/// escaped; names are letters, digits, `_` and `-`.
public struct BakeFile: Sendable, Hashable {
  public struct Target: Sendable, Hashable {
    public let name: String
    /// The folder with the Dockerfile, relative to where bake runs.
    public let context: String
    /// Images of the Dockerfile that other targets make: the image's name and the target's.
    public var images: [(name: String, target: String)] = []
    public var tags: [Text]
    /// Names of secrets and of the variables that hold them.
    public var secrets: [(name: String, variable: String)] = []
    public var cacheFrom: [String] = []
    public var cacheTo: [String] = []

    public init(_ name: String, context: String, tags: [Text]) {
      self.name = name
      self.context = context
      self.tags = tags
    }

    public static func == (one: Self, other: Self) -> Bool { one.document == other.document }
    public func hash(into hasher: inout Hasher) { hasher.combine(document) }

    var document: DocumentValue {
      var map: DocumentMap = [
        "inherits": .strings([BakeFile.common]), "context": .string(BakeFile.escaped(context)),
        "tags": .list(tags.map { .string($0.value) }),
      ]
      if !images.isEmpty {
        map["contexts"] = .map(DocumentMap(images.map { (BakeFile.escaped($0.name), .string("target:\($0.target)")) }))
      }
      if !secrets.isEmpty {
        map["secret"] = .strings(secrets.map { BakeFile.escaped("id=\($0.name),env=\($0.variable)") })
      }
      if !cacheFrom.isEmpty { map["cache-from"] = .strings(cacheFrom.map(BakeFile.escaped)) }
      if !cacheTo.isEmpty { map["cache-to"] = .strings(cacheTo.map(BakeFile.escaped)) }
      return .map(map)
    }
  }

  /// Text that a variable may end.
  public enum Text: Sendable, Hashable {
    case literal(String)
    case variable(prefix: String, name: String)

    var value: String {
      switch self {
      case .literal(let text): BakeFile.escaped(text)
      case .variable(let prefix, let name): BakeFile.escaped(prefix) + "${\(name)}"
      }
    }
  }

  /// What all targets have in common is a target that nothing builds.
  static let common = "_common"

  /// Names of groups, and of the targets and groups in them.
  public var groups: [(name: String, members: [String])] = []
  public var targets: [Target] = []
  /// Variables of the environment, with what they are where it has none.
  public var variables: [(name: String, fallback: String)] = []
  /// Build arguments of all targets: names, and variables that hold them.
  public var arguments: [(name: String, variable: String)] = []
  public var platforms: [String] = []
  /// As in `type=provenance,mode=max`.
  public var attestations: [String] = []

  public init() {}

  /// Hashable by what is rendered.
  public static func == (one: Self, other: Self) -> Bool { one.document == other.document }
  public func hash(into hasher: inout Hasher) { hasher.combine(document) }

  private var document: DocumentValue {
    var common: DocumentMap = [:]
    if !arguments.isEmpty {
      common["args"] = .map(DocumentMap(arguments.map { ($0.name, .string("${\($0.variable)}")) }))
    }
    if !platforms.isEmpty { common["platforms"] = .strings(platforms) }
    if !attestations.isEmpty { common["attest"] = .strings(attestations.map(Self.escaped)) }
    let targets = [(Self.common, DocumentValue.map(common))] + targets.map { ($0.name, $0.document) }
    var map: DocumentMap = ["target": .map(DocumentMap(targets))]
    // An empty map is refused as one that lacks a name.
    if !variables.isEmpty {
      map["variable"] = .map(
        DocumentMap(variables.map { ($0.name, ["default": .string(Self.escaped($0.fallback))]) }))
    }
    if !groups.isEmpty {
      map["group"] = .map(DocumentMap(groups.map { ($0.name, ["targets": .strings($0.members)]) }))
    }
    return .map(map)
  }

  public func render() -> String { JSONRenderer(sortedKeys: true).render(document) }

  /// A name for a target or group: what stands for other characters is not in the names that Kiln gives.
  public static func name(_ text: String) -> String { text.substituting(".", with: "_") }

  static func escaped(_ text: String) -> String {
    text.substituting("${", with: "$${").substituting("%{", with: "%%{")
  }
}
