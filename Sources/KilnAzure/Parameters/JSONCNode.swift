/// A value of a JSON document with comments, as byte ranges of the text it stands in.
indirect enum JSONCNode: Sendable, Equatable {
  struct Member: Sendable, Equatable {
    let key: String
    /// The key with its quotes.
    let keyRange: Range<Int>
    let value: JSONCNode
  }

  case object(members: [Member], range: Range<Int>)
  case array(items: [JSONCNode], range: Range<Int>)
  /// With its quotes.
  case string(Range<Int>)
  case number(Range<Int>)
  case bool(Bool, Range<Int>)
  case null(Range<Int>)

  var range: Range<Int> {
    switch self {
    case .object(_, let range), .array(_, let range), .string(let range), .number(let range), .bool(_, let range),
      .null(let range):
      range
    }
  }

  var members: [Member]? { if case .object(let members, _) = self { members } else { nil } }

  /// Members whose key is `name`, whatever its case.
  func members(named name: String) -> [Member] { (members ?? []).filter { $0.key.lowercased() == name.lowercased() } }

  /// The only member that is exactly `name`.
  subscript(name: String) -> JSONCNode? { members?.first { $0.key == name }?.value }

  var isTrue: Bool { if case .bool(true, _) = self { true } else { false } }

  /// What a person would call it.
  var kind: String {
    switch self {
    case .object: "an object"
    case .array: "an array"
    case .string: "a string"
    case .number: "a number"
    case .bool: "a boolean"
    case .null: "null"
    }
  }

  /// All strings that are values, in order.
  func strings(_ body: (Range<Int>) -> Void) {
    switch self {
    case .string(let range): body(range)
    case .object(let members, _): for member in members { member.value.strings(body) }
    case .array(let items, _): for item in items { item.strings(body) }
    case .number, .bool, .null: break
    }
  }
}
