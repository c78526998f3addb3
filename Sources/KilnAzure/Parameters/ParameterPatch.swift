/// What is to change in a deployment parameters file.
public struct ParameterPatch: Sendable, Equatable {
  /// A new value: text whose JSON type is that of what it replaces.
  public struct Value: Sendable, Equatable, CustomStringConvertible {
    public let text: String
    /// From the environment: never printed.
    public let isSecret: Bool
    /// The artifact's kind it comes from, as in `vhd`.
    public let artifactKind: String?

    public init(_ text: String, isSecret: Bool = false, artifactKind: String? = nil) {
      self.text = text
      self.isSecret = isSecret
      self.artifactKind = artifactKind
    }

    /// The text, or asterisks for a secret.
    public var description: String { isSecret ? "***" : text }
  }

  public struct Entry: Sendable, Equatable {
    public let name: String
    public let value: Value

    public init(_ name: String, _ value: Value) {
      self.name = name
      self.value = value
    }
  }

  /// By parameter name.
  public var parameters: [Entry]
  /// By a literal anywhere in a string.
  public var tokens: [Entry]
  /// A parameter that is not there is added.
  public var addsMissing: Bool
  /// A key vault reference may become a value.
  public var replacesReferences: Bool

  public init(
    parameters: [Entry] = [], tokens: [Entry] = [], addsMissing: Bool = false, replacesReferences: Bool = false
  ) {
    self.parameters = parameters
    self.tokens = tokens
    self.addsMissing = addsMissing
    self.replacesReferences = replacesReferences
  }
}

/// A patched file.
public struct PatchedParameters: Sendable, Equatable {
  public let bytes: [UInt8]
  /// The file before and after with secrets as asterisks, for people to compare.
  public let shownBefore: [UInt8]
  public let shownAfter: [UInt8]
  /// Whether a secret is in it now.
  public let holdsSecret: Bool
}
