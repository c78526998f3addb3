public import KilnDiagnostics

/// Lays one tree over another. One rule: maps merge by key, scalars and lists replace, null removes; `{add: […], remove: […]}`
/// over a list changes it.
public struct SpecMerger: Sendable {
  public internal(set) var problems: [Diagnostic] = []
  /// Keys that are reported as empty, by the place of their map: that they are missing is not reported again.
  private(set) var empty: [SourceLocation: Set<String>] = [:]

  public init() {}

  /// `over` laid over `beneath`; what `over` sets to null is gone.
  public mutating func merge(_ over: SpecNode, over beneath: SpecNode?) -> SpecNode {
    merge(over, over: beneath, key: "the list")
  }

  private mutating func merge(_ over: SpecNode, over beneath: SpecNode?, key: String) -> SpecNode {
    if let change = ListChange(over), beneath?.items != nil || beneath == nil && change.isOfLists {
      return list(change, key, at: over.location, over: beneath)
    }
    guard let upper = over.entries else { return over }
    let lower = beneath?.entries ?? []
    let upperKeys = KeyIndex(upper)
    let lowerKeys = KeyIndex(lower)
    var merged: [SpecNode.Entry] = []
    merged.reserveCapacity(lower.count + upper.count)
    for entry in lower {
      guard let replacement = upperKeys[entry.key] else {
        merged.append(entry)
        continue
      }
      if replacement.value.isNull { continue }
      let value = merge(replacement.value, over: entry.value, key: entry.key)
      merged.append(.init(key: entry.key, keyLocation: replacement.keyLocation, value: value))
    }
    for entry in upper where lowerKeys[entry.key] == nil {
      if entry.value.isNull {
        empty[over.location, default: []].insert(entry.key)
        problems.append(
          Diagnostic(
            "spec.null-removes-nothing",
            "\"\(entry.key)\" is empty, which removes what a profile sets, and none sets it",
            at: entry.keyLocation, suggestion: "give it a value ({} for a map of defaults), or leave the key out"))
        continue
      }
      merged.append(
        .init(key: entry.key, keyLocation: entry.keyLocation, value: merge(entry.value, over: nil, key: entry.key)))
    }
    return SpecNode(.map(merged), at: over.location)
  }
}
