import KilnDocuments

/// A file for `docker buildx bake`: many builds as one graph.
///
/// Source: buildx's bake file reference. In values `${` and `%{` would begin a template of HCL, in JSON too, and are
/// escaped; names are letters, digits, `_` and `-`.
public struct BakeFile: Sendable, Hashable {
  public struct Target: Sendable, Hashable {
    public let name: String
    /// The folder with the Dockerfile, relative to where bake runs.
    public var context: String
    /// Images of the Dockerfile that other targets make: the image's name and the target's.
    public var images: [(name: String, target: String)] = []
    public var tags: [Text]
    /// Names of secrets and of the variables that hold them.
    public var secrets: [(name: String, variable: String)] = []
    public var cacheFrom: [String] = []
    public var cacheTo: [String] = []
    public var labels: [(name: String, value: Text)] = []
    /// Whether bases are what their registries have now.
    public var isPulling = false

    public init(_ name: String, context: String, tags: [Text]) {
      self.name = name
      self.context = context
      self.tags = tags
    }

    public static func == (one: Self, other: Self) -> Bool { one.text == other.text }
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// As a member of the file's map of targets, keys sorted: written at once, since a fleet has tens of thousands.
    var text: String {
      var out = "    \(JSONRenderer.quoted(name)): {\n"
      func add(_ key: String, _ values: [String]) {
        if values.isEmpty { return }
        out += "      \"\(key)\": [\n        "
        for (index, value) in values.enumerated() {
          if index > 0 { out += ",\n        " }
          out += JSONRenderer.quoted(value)
        }
        out += "\n      ],\n"
      }
      add("cache-from", cacheFrom.map(BakeFile.escaped))
      add("cache-to", cacheTo.map(BakeFile.escaped))
      out += "      \"context\": \(JSONRenderer.quoted(BakeFile.escaped(context))),\n"
      if !images.isEmpty {
        let pairs = images.sorted { $0.name < $1.name }.map {
          "\(JSONRenderer.quoted(BakeFile.escaped($0.name))): \(JSONRenderer.quoted("target:\($0.target)"))"
        }
        out += "      \"contexts\": {\n        \(pairs.joined(separator: ",\n        "))\n      },\n"
      }
      add("inherits", [BakeFile.common])
      if !labels.isEmpty {
        let pairs = labels.map { "\(JSONRenderer.quoted($0.name)): \(JSONRenderer.quoted($0.value.value))" }
        out += "      \"labels\": {\n        \(pairs.joined(separator: ",\n        "))\n      },\n"
      }
      if isPulling { out += "      \"pull\": true,\n" }
      add("secret", secrets.map { BakeFile.escaped("id=\($0.name),env=\($0.variable)") })
      add("tags", tags.map(\.value))
      out.removeLast(2)
      return out + "\n    }"
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
  public static func == (one: Self, other: Self) -> Bool { one.render() == other.render() }
  public func hash(into hasher: inout Hasher) { hasher.combine(render()) }

  /// Keys sorted, two spaces a level.
  public func render() -> String {
    var common: DocumentMap = [:]
    if !arguments.isEmpty {
      common["args"] = .map(DocumentMap(arguments.map { ($0.name, .string("${\($0.variable)}")) }))
    }
    if !platforms.isEmpty { common["platforms"] = .strings(platforms) }
    if !attestations.isEmpty { common["attest"] = .strings(attestations.map(Self.escaped)) }
    let all =
      [(name: Self.common, text: member(Self.common, .map(common)))] + targets.map { (name: $0.name, text: $0.text) }
    let sorted = all.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    var out = "{\n"
    // An empty map is refused as one that lacks a name.
    if !groups.isEmpty {
      let members = groups.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      out += "  \"group\": {\n"
      out += members.map { member($0.name, ["targets": .strings($0.members)]) }.joined(separator: ",\n")
      out += "\n  },\n"
    }
    out += "  \"target\": {\n"
    for (index, target) in sorted.enumerated() {
      if index > 0 { out += ",\n" }
      out += target.text
    }
    out += "\n  }"
    if !variables.isEmpty {
      let members = variables.sorted { $0.name < $1.name }
      out += ",\n  \"variable\": {\n"
      out += members.map { member($0.name, ["default": .string(Self.escaped($0.fallback))]) }.joined(separator: ",\n")
      out += "\n  }"
    }
    return out + "\n}\n"
  }

  /// A member of a map on the second level.
  private func member(_ name: String, _ value: DocumentValue) -> String {
    let lines = JSONRenderer(sortedKeys: true).render(value).split(separator: "\n")
    return "    \(JSONRenderer.quoted(name)): " + lines.joined(separator: "\n    ")
  }

  /// A name for a target or group: what stands for other characters is not in the names that Kiln gives.
  public static func name(_ text: String) -> String { text.substituting(".", with: "_") }

  static func escaped(_ text: String) -> String {
    text.substituting("${", with: "$${").substituting("%{", with: "%%{")
  }
}
