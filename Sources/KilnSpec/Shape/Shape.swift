/// What a YAML value may be: the one description from which reading, `kiln schema` and `docs/spec.md` come.
public indirect enum Shape: Sendable {
  case text(TextRule)
  /// Text that must be quoted where YAML would read a number: `"8.2"`.
  case version
  case integer(ClosedRange<Int>)
  /// A decimal number without an exponent.
  case number(ClosedRange<Double>)
  case boolean
  /// Text, a number or a boolean, kept as it stands in the source.
  case scalar
  case list(Shape, lengths: ClosedRange<Int>)
  /// Keys of the user's choice, all values alike; nil for as many as there are.
  case map(keys: TextRule, values: Shape, maximum: Int? = nil)
  case object(ObjectShape)
  /// An object with exactly one of the keys; `shared` keys may stand beside it.
  case choice(ObjectShape)
  /// The first for text, the second for everything else.
  case either(Shape, Shape)
  /// An object, or several of them by name, as `isNamed` tells them apart.
  case oneOrNamed(ObjectShape, names: TextRule)
  /// Null or a value: an object whose keys are all optional, say.
  case anything

  /// Nobody writes more by hand, and some are worked through by every program behind Kiln.
  static let listLimit = 10_000

  static func list(_ item: Shape, minimum: Int = 0, maximum: Int = listLimit) -> Shape {
    .list(item, lengths: minimum...maximum)
  }
  static let text = Shape.text(.any)

  /// `node`, which fits the shape, with the defaults of the keys that it leaves out; not those of objects within.
  func filled(_ node: SpecNode) -> SpecNode {
    switch self {
    case .object(let object), .choice(let object): object.filled(node)
    default: node
    }
  }

  /// Whether a map has names with an object each, and is not an object itself: one of its values is a map, which no key of
  /// the object takes.
  static func isNamed(_ node: SpecNode, _ object: ObjectShape) -> Bool {
    (node.entries ?? []).contains { $0.value.entries != nil || $0.value.isNull && object[$0.key] == nil }
  }

  /// A bound of a range of numbers.
  static func bound(_ number: Double) -> String {
    number == number.rounded() ? String(Int(number)) : String(number)
  }
}

/// A rule for text.
public struct TextRule: Sendable {
  /// What a name stands for: a workspace's schema lists the names that there are.
  enum Reference: Sendable { case base, component, service, profile }

  /// What the text is, as in "a customer's name".
  public let name: String
  /// An anchored regular expression in the common subset of ECMA-262 and Swift, or nil.
  public let pattern: String?
  /// The rule in words.
  public let rule: String?
  public let allowed: [String]
  public let lengths: ClosedRange<Int>
  /// Whether messages leave out what is written: it may be a secret where its name belongs.
  public let isWithheld: Bool
  private(set) var reference: Reference?

  public init(
    _ name: String, pattern: String? = nil, rule: String? = nil, allowed: [String] = [],
    lengths: ClosedRange<Int> = 0...1_000_000, isWithheld: Bool = false
  ) {
    self.name = name
    self.pattern = pattern
    self.rule = rule
    self.allowed = allowed
    self.lengths = lengths
    self.isWithheld = isWithheld
  }

  /// The same rule where a secret may be written by mistake.
  var withheld: TextRule {
    TextRule(name, pattern: pattern, rule: rule, allowed: allowed, lengths: lengths, isWithheld: true)
  }

  /// The same rule for the name of a definition.
  func naming(_ reference: Reference) -> TextRule {
    var rule = self
    rule.reference = reference
    return rule
  }

  public static let any = TextRule("text")
}

/// An object with a fixed set of keys.
public struct ObjectShape: Sendable {
  public struct Key: Sendable {
    public let name: String
    public let shape: Shape
    public let isRequired: Bool
    /// The value used when the key is missing, as written in YAML.
    public let fallback: String?
    /// The same as a value, for the decoder.
    let fallbackContent: SpecNode.Content?
    public let summary: String
    public let example: String?

    init(
      _ name: String, _ shape: Shape, required: Bool = false, default fallback: String? = nil, _ summary: String,
      example: String? = nil
    ) {
      self.name = name
      self.shape = shape
      isRequired = required
      self.fallback = fallback
      fallbackContent = fallback.flatMap { text in
        var composer = YAMLComposer(file: "default")
        return (try? composer.compose(text))?.content
      }
      self.summary = summary
      self.example = example
    }
  }

  /// Where it stands, as in "runtime" or "the environment".
  public let name: String
  public let keys: [Key]
  /// For a choice: the keys of which exactly one stands.
  public let alternatives: [String]
  /// Keys that are known elsewhere and refused here: what to say of them, and the diagnostic's id.
  let refused: [String: (id: String, message: String)]
  /// What to write where something else than a map stands.
  let form: String?

  init(
    _ name: String, _ keys: [Key], exactlyOneOf alternatives: [String] = [],
    refused: [String: (id: String, message: String)] = [:], form: String? = nil
  ) {
    self.form = form
    self.name = name
    self.refused = refused
    self.keys = keys
    self.alternatives = alternatives
  }

  subscript(name: String) -> Key? { keys.first { $0.name == name } }

  /// `node`, a map that fits this shape, with the defaults of the keys that it leaves out.
  func filled(_ node: SpecNode) -> SpecNode {
    guard let entries = node.entries else { return node }
    let missing = keys.filter { key in key.fallbackContent != nil && !entries.contains { $0.key == key.name } }
    if missing.isEmpty { return node }
    var filled: [SpecNode.Entry] = []
    filled.reserveCapacity(entries.count + missing.count)
    filled += entries
    for key in missing {
      guard let content = key.fallbackContent else { continue }
      filled.append(.init(key: key.name, keyLocation: node.location, value: SpecNode(content, at: node.location)))
    }
    return SpecNode(.map(filled), at: node.location)
  }
}
