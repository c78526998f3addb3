package import KilnArtifacts
package import KilnSpec

/// Builds a digest over named fields; every field is framed by its length, so that no two inputs meet.
package struct PlanDigest {
  private var bytes: [UInt8] = []

  package init(_ kind: String) { add("kind", kind) }

  package mutating func add(_ name: String, _ value: some Sequence<UInt8>) {
    let value = Array(value)
    head(name, value.count)
    bytes += value
    bytes.append(10)
  }

  package mutating func add(_ name: String, _ value: String) {
    head(name, value.utf8.count)
    bytes += value.utf8
    bytes.append(10)
  }

  private mutating func head(_ name: String, _ count: Int) {
    bytes += name.utf8
    bytes.append(0x20)
    bytes += String(count).utf8
    bytes.append(10)
  }

  package mutating func add(_ name: String, _ values: [String]) {
    add(name, String(values.count))
    for value in values { add("item", value) }
  }
  package mutating func add(_ name: String, _ values: [NamedValue]) {
    add(name, values.flatMap { [$0.name, $0.value] })
  }

  /// Values, wherever they are and in whatever order their keys are.
  package mutating func add(_ node: SpecNode) {
    switch node.content {
    case .scalar(let scalar): add(scalar.isPlain ? "plain" : "text", scalar.text)
    case .list(let items):
      add("list", String(items.count))
      for item in items { add(item) }
    case .map(let entries):
      add("map", String(entries.count))
      for entry in entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
        add("key", entry.key)
        add(entry.value)
      }
    }
  }

  /// A value with its path and its type.
  mutating func add(_ setting: SpecSetting) {
    for step in setting.path.steps {
      switch step {
      case .key(let key): add("key", key)
      case .index(let index): add("index", String(index))
      }
    }
    switch setting.value {
    case .text(let text): add("text", text)
    case .integer, .decimal, .boolean, .emptyList, .emptyMap: add("value", setting.value.text)
    }
  }

  package var digest: ContentDigest { ContentDigest(of: bytes) }
}
