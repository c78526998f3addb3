public import KilnDiagnostics

/// A YAML value with the place it was written at; merged trees keep each value's own place.
public struct SpecNode: Sendable, Hashable {
  public enum Content: Sendable, Hashable {
    case scalar(Scalar)
    case list([SpecNode])
    case map([Entry])
  }

  /// A scalar as it stands in the source: `3.10` stays `3.10`.
  public struct Scalar: Sendable, Hashable {
    public let text: String
    /// Written without quotes, so that YAML may read it as a number, a boolean or null.
    public let isPlain: Bool

    public init(text: String, isPlain: Bool) {
      self.text = text
      self.isPlain = isPlain
    }
  }

  public struct Entry: Sendable, Hashable {
    public let key: String
    public let keyLocation: SourceLocation
    public let value: SpecNode

    public init(key: String, keyLocation: SourceLocation, value: SpecNode) {
      self.key = key
      self.keyLocation = keyLocation
      self.value = value
    }
  }

  public let content: Content
  public let location: SourceLocation

  public init(_ content: Content, at location: SourceLocation) {
    self.content = content
    self.location = location
  }
}

extension SpecNode {
  public var entries: [Entry]? { if case .map(let entries) = content { entries } else { nil } }
  public var items: [SpecNode]? { if case .list(let items) = content { items } else { nil } }
  public var scalar: Scalar? { if case .scalar(let scalar) = content { scalar } else { nil } }

  /// The value under `key` of a map.
  public subscript(key: String) -> SpecNode? { entries?.first { $0.key == key }?.value }

  /// The entry under `key` of a map.
  func entry(_ key: String) -> Entry? { entries?.first { $0.key == key } }

  /// Null as YAML 1.2's core schema writes it.
  public var isNull: Bool {
    guard let scalar, scalar.isPlain, scalar.text.utf8.count <= 4 else { return false }
    return switch scalar.text {
    case "", "~", "null", "Null", "NULL": true
    default: false
    }
  }

  public var boolean: Bool? {
    guard let scalar, scalar.isPlain else { return nil }
    switch scalar.text {
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default: return nil
    }
  }

  public var integer: Int? {
    guard let scalar, scalar.isPlain else { return nil }
    return Int(scalar.text)
  }

  /// A decimal number as it stands, without an exponent: `0.5`.
  public var decimal: Double? {
    guard let scalar, scalar.isPlain, scalar.text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }) else {
      return nil
    }
    return Double(scalar.text)
  }

  /// A plain scalar that some YAML reader takes for a number: `8.2`, `1e3`, `0x1f`, `0755`, `12:30`.
  public var looksLikeNumber: Bool {
    guard let scalar, scalar.isPlain, let first = scalar.text.utf8.first else { return false }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): break
    default: return false
    }
    let text = scalar.text
    if [".inf", ".nan", "+.inf", "-.inf"].contains(text.lowercased()) { return true }
    if text.lowercased().hasPrefix("0x"), Int(text.dropFirst(2), radix: 16) != nil { return true }
    if text.hasPrefix("0o"), Int(text.dropFirst(2), radix: 8) != nil { return true }
    let digits = text.filter { $0 != "_" }
    if Double(digits) != nil { return true }
    let parts = digits.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count > 1 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { "0123456789.".contains($0) } }
  }

  /// What a person would call the value.
  var kind: String {
    switch content {
    case .list: return "a list"
    case .map: return "a map"
    case .scalar:
      if isNull { return "null" }
      if boolean != nil { return "a boolean" }
      return looksLikeNumber ? "a number" : "text"
    }
  }
}

/// Finds entries by key, in time that does not grow with their number.
struct KeyIndex {
  /// Few entries are searched from end to end, which is faster than hashing their keys.
  private static let indexedFrom = 12

  private let entries: [SpecNode.Entry]
  private var indices: [String: Int] = [:]

  init(_ entries: [SpecNode.Entry]) {
    self.entries = entries
    guard entries.count >= Self.indexedFrom else { return }
    for (index, entry) in entries.enumerated().reversed() { indices[entry.key] = index }
  }

  subscript(key: String) -> SpecNode.Entry? {
    if entries.count < Self.indexedFrom { return entries.first { $0.key == key } }
    return indices[key].map { entries[$0] }
  }
}
