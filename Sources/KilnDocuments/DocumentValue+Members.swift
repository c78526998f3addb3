/// Reading a document whose shape another program decides: what is not there is nil or empty.
extension DocumentValue {
  /// The value under `key` of a map.
  package subscript(key: String) -> DocumentValue? {
    guard case .map(let map) = self else { return nil }
    return map[key]
  }

  package var textValue: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  package var integerValue: Int? {
    guard case .integer(let number) = self else { return nil }
    return number
  }

  package var isTrue: Bool { self == .bool(true) }

  /// Of a list; else none.
  package var items: [DocumentValue] {
    guard case .list(let items) = self else { return [] }
    return items
  }

  /// Of a map; else none.
  package var members: DocumentMap {
    guard case .map(let map) = self else { return [:] }
    return map
  }

  /// One line with sorted keys: equal documents have equal texts.
  package var canonicalText: String { JSONRenderer(sortedKeys: true, indent: 0).render(self) }
}
