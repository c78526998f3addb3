import KilnDiagnostics
import KilnPacker
import SystemPackage

/// Values of a tree that fits its shape. What the shape requires, or gives a default, is there: a tree without it never
/// gets here, so that a missing one is a mistake of Kiln's.
extension SpecNode {
  func required(_ key: String) -> SpecNode {
    guard let value = self[key] else { preconditionFailure("\(key) is neither required nor defaulted by its shape") }
    return value
  }

  var requiredText: String {
    guard let scalar else { preconditionFailure("the value at \(location.text) is no text") }
    return scalar.text
  }

  var requiredInteger: Int {
    guard let integer else { preconditionFailure("the value at \(location.text) is no whole number") }
    return integer
  }

  var locatedText: Located<String> { Located(requiredText, at: location) }
  var locatedTexts: [Located<String>] { (items ?? []).map(\.locatedText) }

  /// A list of texts, at the list's place.
  var words: Located<[String]> { Located((items ?? []).map(\.requiredText), at: location) }

  /// A map of scalars, in the order of the file.
  var variables: [EnvironmentSpec.Variable] {
    (entries ?? []).map { .init(name: $0.key, value: $0.value.requiredText, location: $0.value.location) }
  }

  var azureName: EnvironmentSpec.AzureName {
    self["env"].map { .variable($0.locatedText) } ?? .text(locatedText)
  }

  /// A map of kinds of artifacts and of secrets, in the order of the file.
  var parameterUses: [EnvironmentSpec.ParameterUse] {
    (entries ?? []).map { entry in
      if let secret = entry.value["secret"] {
        return .init(name: entry.key, source: .secret(secret.requiredText), location: secret.location)
      }
      if entry.value.requiredText == Shape.customDataValue {
        return .init(name: entry.key, source: .customData, location: entry.value.location)
      }
      guard let kind = ArtifactKind(rawValue: entry.value.requiredText) else {
        preconditionFailure("the value at \(entry.value.location.text) is no kind of artifact")
      }
      return .init(name: entry.key, source: .artifact(kind), location: entry.value.location)
    }
  }

  /// The text under `key`, of any tree.
  func optional(_ key: String) -> Located<String>? {
    self[key].flatMap(\.optionalText)
  }

  /// Nil for a list or a map.
  var optionalText: Located<String>? { scalar.map { Located($0.text, at: location) } }

  /// A path relative to the folder of the file it stands in, as one relative to the workspace's root.
  var path: Located<FilePath> {
    let text = requiredText
    guard text.utf8.first != UInt8(ascii: "/") else { return Located(FilePath(text), at: location) }
    // By text: a fleet has tens of thousands of them.
    // By bytes: an accent behind a slash does not take the slash away.
    let slash = UInt8(ascii: "/")
    let written = location.file.utf8.split(separator: slash).dropLast() + text.utf8.split(separator: slash)
    var parts: [Substring] = []
    for part in written.map({ Substring($0) }) where part != "." {
      if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
    }
    return Located(FilePath(parts.joined(separator: "/")), at: location)
  }
}

/// Values of a definition's tree, whose placeholders are filled in; empty when they are not there.
extension SpecNode {
  package func text(_ key: String) -> String { self[key]?.scalar?.text ?? "" }
  /// The texts of the list under `key`.
  package func texts(_ key: String) -> [String] { (self[key]?.items ?? []).compactMap { $0.scalar?.text } }
  /// Four octal digits.
  func octal(_ key: String) -> String {
    let digits = text(key)
    return digits.count == 3 ? "0" + digits : digits
  }
  /// The entries of a map of scalars, sorted by name.
  package var namedValues: [NamedValue] {
    (entries ?? []).map { NamedValue($0.key, $0.value.scalar?.text ?? "") }.sorted {
      $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
  }
}
