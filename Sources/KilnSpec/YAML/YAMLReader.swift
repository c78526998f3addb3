public import KilnDiagnostics

/// Reads YAML text into `SpecNode`s, strictly: one document, keys that are text and stand once, no tags.
public struct YAMLReader: Sendable {
  let file: String

  /// - Parameter file: The name that places carry.
  public init(file: String) { self.file = file }

  /// The document's root, and every problem found; nil when there is nothing to go on with.
  ///
  /// A byte order mark at the start is no part of the first line.
  public func read(_ text: String) -> (root: SpecNode?, problems: [Diagnostic]) {
    let source = YAMLSource(text)
    if !source.controls.isEmpty { return (nil, source.controls.map(refusal)) }
    var composer = YAMLComposer(file: file, standIns: source.standIns)
    do {
      let root = try composer.compose(source.text)
      let problems = composer.problems + separators(source, composer)
      return root.isNull ? (nil, problems + [empty]) : (root, problems)
    } catch {
      return (nil, composer.problems + separators(source, composer) + [diagnostic(error, composer, source)])
    }
  }

  private func location(_ position: SourcePosition, length: Int = 1) -> SourceLocation {
    SourceLocation(file: file, position: position, length: length)
  }

  private var empty: Diagnostic {
    Diagnostic(
      "spec.empty", "the file is empty", at: SourceLocation(file: file),
      suggestion: "`kiln new` writes a commented spec")
  }

  private func refusal(_ found: YAMLSource.Character) -> Diagnostic {
    Diagnostic(
      "spec.character", "\(found.name) is not allowed in a spec", at: location(found.position), suggestion: found.remedy
    )
  }

  private func separators(_ source: YAMLSource, _ composer: YAMLComposer) -> [Diagnostic] {
    source.separators.filter { found in !composer.quoted.contains { $0.contains(found.position) } }.map(refusal)
  }

  private func diagnostic(
    _ failure: YAMLComposer.Failure, _ composer: YAMLComposer, _ source: YAMLSource
  ) -> Diagnostic {
    switch failure {
    case .syntax(let error): return YAMLRemedy(file: file, text: source.text).diagnostic(error)
    case .empty: return empty
    case .severalDocuments(let place):
      return Diagnostic(
        "spec.syntax", "not YAML: a second document begins here", at: location(place, length: 3),
        suggestion: "one file, one document")
    case .unknownAlias(let name, let place):
      return Diagnostic(
        "spec.syntax", "not YAML: there is no anchor \"\(name)\" before this alias",
        at: location(place, length: name.unicodeScalars.count + 1), suggestion: "quote the value if it is text")
    case .tooManyValues(let place) where composer.hasAliases:
      return Diagnostic(
        "spec.alias-limit", "aliases expand to more than \(composer.limits.values) values, or to very long texts",
        at: location(place),
        suggestion: "write the values out, or use fewer aliases")
    case .tooManyValues(let place):
      return Diagnostic(
        "spec.value-limit", "the file has more than \(composer.limits.values) values", at: location(place),
        suggestion: "split it")
    case .tooDeep(let place):
      return Diagnostic(
        "spec.depth-limit", "lists and maps are more than \(composer.limits.depth) deep in each other",
        at: location(place), suggestion: "write it flatter")
    }
  }
}
