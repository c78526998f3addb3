/// A JSON document with comments: its text, and its values as a flat list in document order.
///
/// A value takes 20 bytes, whatever it holds; texts are read from the document when they are asked for.
final class JSONCDocument: Sendable {
  enum Kind: UInt8, Sendable { case object, array, string, number, `true`, `false`, null }

  struct Entry: Sendable {
    let kind: Kind
    /// Whether a string, or the key, has a backslash.
    let hasEscapes: Bool
    let keyHasEscapes: Bool
    /// Where the member's key stands with its quotes; the value's start in an array and for the root.
    let keyStart: UInt32
    let start: UInt32
    var end: UInt32 = 0
    /// The entry after the last one inside this.
    var next: UInt32 = 0
  }

  let text: [UInt8]
  let entries: [Entry]

  init(text: [UInt8], entries: [Entry]) {
    self.text = text
    self.entries = entries
  }

  var root: JSONCNode { JSONCNode(document: self, index: 0) }

  /// All strings that are values, in order.
  func eachString(_ body: (Range<Int>, _ hasEscapes: Bool) -> Void) {
    for entry in entries where entry.kind == .string { body(Int(entry.start)..<Int(entry.end), entry.hasEscapes) }
  }
}

/// A value of a document, as byte ranges of its text.
struct JSONCNode: Sendable {
  let document: JSONCDocument
  fileprivate let index: Int

  private var entry: JSONCDocument.Entry { document.entries[index] }

  var kind: JSONCDocument.Kind { entry.kind }

  /// With a string's quotes and a container's brackets.
  var range: Range<Int> { Int(entry.start)..<Int(entry.end) }

  /// The key that the value stands under, with its quotes.
  var keyRange: Range<Int> {
    var end = Int(entry.keyStart) + 1
    while document.text[end] != UInt8(ascii: "\"") { end += document.text[end] == UInt8(ascii: "\\") ? 2 : 1 }
    return Int(entry.keyStart)..<end + 1
  }

  var key: String { JSONCString(document.text, keyRange).text }

  /// A string's text; nil for anything else.
  var text: String? { kind == .string ? JSONCString(document.text, range).text : nil }

  /// What an object or array holds, in order.
  var children: Children { Children(parent: self) }

  struct Children: Sequence {
    fileprivate let parent: JSONCNode

    func makeIterator() -> Iterator {
      Iterator(document: parent.document, index: parent.index + 1, end: Int(parent.entry.next))
    }

    struct Iterator: IteratorProtocol {
      fileprivate let document: JSONCDocument
      fileprivate var index: Int
      fileprivate let end: Int

      mutating func next() -> JSONCNode? {
        guard index < end else { return nil }
        defer { index = Int(document.entries[index].next) }
        return JSONCNode(document: document, index: index)
      }
    }
  }

  /// An object's members; none for anything else.
  var members: [JSONCNode] { kind == .object ? Array(children) : [] }

  /// The first member that is exactly `name`.
  subscript(name: String) -> JSONCNode? {
    guard kind == .object else { return nil }
    let wanted = Array(name.utf8)
    return children.first { $0.hasKey(wanted) }
  }

  /// Whether the key is `name`, compared byte for byte.
  func hasKey(_ name: [UInt8]) -> Bool {
    if entry.keyHasEscapes { return JSONCString(document.text, keyRange).decoded == name }
    let text = document.text
    let start = Int(entry.keyStart) + 1
    let end = start + name.count
    return end < text.count && text[end] == UInt8(ascii: "\"") && text[start..<end].elementsEqual(name)
  }

  /// Whether the key is `name` as Azure compares them, whatever the case.
  func hasKey(inAnyCase name: String) -> Bool { key.lowercased() == name.lowercased() }

  /// Equal for keys that are one in any case; seldom equal for others.
  var caseFoldedKeyHash: UInt64 {
    let text = document.text
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    var at = Int(entry.keyStart) + 1
    while !entry.keyHasEscapes, text[at] < 0x80 {
      if text[at] == UInt8(ascii: "\"") { return hash }
      add((0x41...0x5A).contains(text[at]) ? text[at] | 0x20 : text[at])
      at += 1
    }
    hash = 0xCBF2_9CE4_8422_2325
    for byte in key.lowercased().utf8 { add(byte) }
    return hash
  }

  /// What a person would call it.
  var description: String {
    switch kind {
    case .object: "an object"
    case .array: "an array"
    case .string: "a string"
    case .number: "a number"
    case .true, .false: "a boolean"
    case .null: "null"
    }
  }
}
