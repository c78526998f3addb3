/// A value of a JSON or YAML document; maps keep their order.
public enum DocumentValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  /// Rendered with as many digits as it needs; finite.
  case decimal(Double)
  case string(String)
  /// Text that Ansible must not template: `!unsafe` in YAML, a plain string in JSON.
  case unsafe(String)
  case list([DocumentValue])
  case map(DocumentMap)

  /// `1.5`, `2`: whole numbers without a fraction.
  static func text(_ number: Double) -> String {
    let text = String(number)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// A command's result: one customer's document as it is, of several the list of them.
  public static func results(_ documents: [DocumentValue], isOne: Bool) -> DocumentValue? {
    isOne ? documents.first : ["schemaVersion": 1, "environments": .list(documents)]
  }

  public static func strings(_ values: [String]) -> DocumentValue { .list(values.map { .string($0) }) }
}

/// Keys and values in the order in which they are rendered.
public struct DocumentMap: Sendable, Hashable {
  public private(set) var pairs: [(String, DocumentValue)]

  public init(_ pairs: [(String, DocumentValue)] = []) { self.pairs = pairs }

  public var isEmpty: Bool { pairs.isEmpty }

  /// The value under `key`; setting keeps the key's place, or appends.
  public subscript(key: String) -> DocumentValue? {
    get { pairs.first { $0.0 == key }?.1 }
    set {
      let index = pairs.firstIndex { $0.0 == key }
      switch (index, newValue) {
      case (let index?, let value?): pairs[index].1 = value
      case (let index?, nil): pairs.remove(at: index)
      case (nil, let value?): pairs.append((key, value))
      case (nil, nil): break
      }
    }
  }

  /// The same pairs, sorted by the bytes of their keys.
  public var sortedByKey: DocumentMap {
    DocumentMap(pairs.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) })
  }

  public static func == (one: DocumentMap, two: DocumentMap) -> Bool { one.pairs.elementsEqual(two.pairs, by: ==) }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(pairs.count)
    for (key, value) in pairs {
      hasher.combine(key)
      hasher.combine(value)
    }
  }
}

extension DocumentMap: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, DocumentValue)...) { self.init(elements) }
}

extension DocumentValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: DocumentValue...) { self = .list(elements) }
  public init(dictionaryLiteral elements: (String, DocumentValue)...) { self = .map(DocumentMap(elements)) }
}

extension DocumentMap {
  /// The same with another value for a key.
  package func with(_ key: String, _ value: DocumentValue) -> DocumentMap {
    var map = self
    map[key] = value
    return map
  }
}
