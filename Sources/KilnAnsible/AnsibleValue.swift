import KilnDocuments

/// A template or constant that is written in Kiln's own source: nothing that was read can become one.
public struct AnsibleTemplate: Sendable, Hashable, ExpressibleByStringLiteral {
  let source: String

  public init(_ source: StaticString) { self.source = source.description }
  public init(stringLiteral source: StaticString) { self.init(source) }
}

/// A value in a playbook. A literal is a template of Kiln's own; all other text is `.text`, which no template can be in.
public enum AnsibleValue: Sendable, Hashable {
  case template(AnsibleTemplate)
  /// Arrives as it is, whatever is in it.
  case text(String)
  case bool(Bool)
  case integer(Int)
  case list([AnsibleValue])
  case map(AnsibleMap)
  /// What a variable of the environment that Ansible runs in holds; nothing of it is in the document.
  case environment(AnsibleVariableName)
  /// A file beside the inventory, or above it.
  case besideInventory(AnsiblePath)

  public static func texts(_ values: [String]) -> AnsibleValue { .list(values.map { .text($0) }) }

  var document: DocumentValue {
    switch self {
    case .template(let template): .string(template.source)
    case .text(let text): Self.literal(text)
    case .bool(let bool): .bool(bool)
    case .integer(let integer): .integer(integer)
    case .list(let items): .list(items.map(\.document))
    case .map(let map): .map(map.document)
    case .besideInventory(let path): .string("{{ inventory_dir }}/\(path.text)")
    case .environment(let name): .string("{{ lookup('ansible.builtin.env', '\(name.text)') }}")
    }
  }

  /// Every delimiter of Jinja begins with a brace; text without one needs no `!unsafe` to be left alone.
  static func literal(_ text: String) -> DocumentValue {
    text.utf8.contains(UInt8(ascii: "{")) ? .unsafe(text) : .string(text)
  }
}

extension AnsibleValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral
{
  public init(stringLiteral value: StaticString) { self = .template(.init(value)) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(arrayLiteral elements: AnsibleValue...) { self = .list(elements) }
}

/// Keys and values in the order in which they are rendered; the keys are Kiln's own.
public struct AnsibleMap: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  private(set) var document: DocumentMap

  public init(dictionaryLiteral elements: (StaticString, AnsibleValue)...) {
    document = DocumentMap(elements.map { ($0.0.description, $0.1.document) })
  }

  /// - Parameter names: Keys of the user's; Ansible does not template keys.
  public init(names: [(name: String, value: AnsibleValue)]) {
    document = DocumentMap(names.map { ($0.name, $0.value.document) })
  }

  public var isEmpty: Bool { document.isEmpty }

  /// Sets `key`, keeping its place, or appends it.
  public mutating func set(_ key: StaticString, _ value: AnsibleValue) {
    document[key.description] = value.document
  }
}

/// A name on one line that Jinja leaves alone: names are templated and cannot be `!unsafe`.
public struct AnsibleName: Sendable, Hashable, CustomStringConvertible {
  public let description: String

  /// - Parameter text: Whatever it is; braces, with which templates begin, become parentheses.
  public init(_ text: String) {
    let line = CommentText.line(text.substituting("{", with: "(").substituting("}", with: ")"))
    description = line.prefix(1).uppercased() + line.dropFirst().prefix(119) + (line.count > 120 ? "…" : "")
  }

  /// A tag, which keeps its case and has no comma, at which Ansible would split it.
  public init(tag text: String) {
    description = CommentText.line(
      text.substituting("{", with: "(").substituting("}", with: ")").substituting(",", with: " "))
  }
}

/// A path in which no template begins.
public struct AnsiblePath: Sendable, Hashable {
  let text: String

  /// Nil for a path with a brace.
  public init?(_ text: String) {
    if text.utf8.contains(UInt8(ascii: "{")) { return nil }
    self.text = text
  }
}

/// The name of an environment's variable: letters, digits and underscores, no digit first.
public struct AnsibleVariableName: Sendable, Hashable {
  let text: String

  /// Nil for a name that no environment has.
  public init?(_ text: String) {
    let isName =
      text.utf8.first.map { !(0x30...0x39).contains($0) } ?? false
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || byte == UInt8(ascii: "_")
      }
    guard isName else { return nil }
    self.text = text
  }
}

/// A variable of a task's environment.
public struct AnsibleVariable: Sendable, Hashable {
  let name: String
  let value: String

  /// Nil for a name that no environment has: keys cannot be `!unsafe`.
  public init?(_ name: String, _ value: String) {
    guard let name = AnsibleVariableName(name) else { return nil }
    self.name = name.text
    self.value = value
  }
}
