public import KilnPacker

/// What is to change in a deployment parameters file.
public struct ParameterPatch: Sendable, Equatable {
  /// A new value: text whose JSON type is that of what it replaces.
  public struct Value: Sendable, Equatable, CustomStringConvertible {
    public let text: String
    /// From the environment: never printed.
    public let isSecret: Bool
    /// The artifact's kind it comes from.
    public let artifactKind: ArtifactKind?
    /// Whether it stands for one that is not known yet, so that the template's rules for values say nothing of it.
    public let isStandIn: Bool

    public init(_ text: String, isSecret: Bool = false, artifactKind: ArtifactKind? = nil, isStandIn: Bool = false) {
      self.isStandIn = isStandIn
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

  /// A parameter that Azure takes from a key vault.
  public struct Reference: Sendable, Equatable {
    public let name: String
    /// The vault's resource id.
    public let vault: String
    public let secret: String
    /// Nil for the newest.
    public let version: String?

    public init(_ name: String, vault: String, secret: String, version: String?) {
      self.name = name
      self.vault = vault
      self.secret = secret
      self.version = version
    }
  }

  /// By parameter name.
  public var parameters: [Entry]
  /// Parameters whose value or reference becomes a reference.
  public var references: [Reference] = []
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
public struct PatchedParameters: Sendable {
  public let bytes: [UInt8]
  /// Whether a secret is in it now, put there or found there.
  public let holdsSecret: Bool
  private let editing: ParameterEditing

  init(_ editing: ParameterEditing, bytes: [UInt8]) {
    self.bytes = bytes
    self.editing = editing
    holdsSecret = editing.holdsSecret
  }

  /// The file as it was, UTF-8, for people to compare: with asterisks for what a secret replaces, for the values of secure
  /// parameters, and for all strings that stay as they are.
  public var shownBefore: [UInt8] {
    shown { edit, mask in
      let isHidden = edit.isSecret || mask.secure.contains(edit.range.lowerBound)
      return isHidden && !edit.range.isEmpty && !edit.isToken
        ? Array("\"*** (was)\"".utf8) : Array(editing.text[edit.range])
    }
  }

  /// The file as it is now, UTF-8, with the same asterisks.
  public var shownAfter: [UInt8] {
    shown { edit, mask in
      edit.isToken && mask.secure.contains(edit.range.lowerBound) ? Array("***".utf8) : edit.shown
    }
  }

  private func shown(_ bytes: (ParameterEditing.Edit, ParameterMask) -> [UInt8]) -> [UInt8] {
    // What is hidden takes as long as all else, and most files are shown to nobody.
    var editing = editing
    let mask = editing.mask
    return TextEdits.apply(
      editing.edits.map { ($0.range, bytes($0, mask)) } + mask.pieces(besides: editing.edits), to: editing.text)
  }
}
