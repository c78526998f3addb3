import KilnDiagnostics

/// Replaces tokens in the files listed, and sees that every one is found and none is left.
struct TokenPass {
  private let tokens: ContextTokens?
  private let layers: [ContextSource.Layer]
  private var found: Set<String> = []
  private var files: Set<String> = []
  private var problems: [Diagnostic] = []

  private var produced = 0

  init(_ source: ContextSource) {
    tokens = source.tokens
    layers = source.layers
  }

  /// The file that somebody can edit: in the context, those of all layers are in one folder.
  private func place(of entry: ContextEntry) -> String {
    guard let layer = entry.layer, layers.indices.contains(layer), !layers[layer].name.isEmpty else {
      return entry.name
    }
    return "\(layers[layer].name)/\(entry.name)"
  }

  func isListed(_ entry: ContextEntry) -> Bool { tokens?.files.contains(entry.name) ?? false }

  /// What replaced tokens make of all files of a context, bytes.
  static let totalLimit = 256 << 20
  /// Larger ones are no text that somebody wrote.
  static let sizeLimit = 16 << 20

  /// - Parameter read: The file's bytes, asked for when it is small enough.
  mutating func replaced(_ entry: ContextEntry, size: Int, read: () throws -> [UInt8]) throws -> [UInt8] {
    files.insert(entry.name)
    guard size <= Self.sizeLimit else {
      problems.append(
        Diagnostic(
          "context.token-file", "the file with tokens \"\(place(of: entry))\" has \(size) bytes",
          suggestion: "at most 16 MiB; put the tokens into a file of their own"))
      return []
    }
    return replaced(entry, try read())
  }

  private mutating func replaced(_ entry: ContextEntry, _ text: [UInt8]) -> [UInt8] {
    let values = tokens?.values ?? [:]
    // It fails in any case: what the others become is not wanted any more.
    if produced > Self.totalLimit { return text }
    let replacement = TokenReplacement(text, values: values)
    if replacement.isTooLarge {
      // What stands behind is not known: no token counts as unused.
      found.formUnion(values.keys)
      problems.append(
        Diagnostic(
          "context.token-file", "the file with tokens \"\(place(of: entry))\" becomes larger than 64 MiB",
          suggestion: "shorten the values, or replace fewer tokens"))
      return []
    }
    found.formUnion(replacement.found)
    produced += replacement.bytes.count
    guard produced <= Self.totalLimit else {
      if !problems.hasErrors {
        problems.append(
          Diagnostic(
            "context.token-file", "the files with tokens become larger than 256 MiB together",
            suggestion: "shorten the values, or replace fewer tokens"))
      }
      return []
    }
    for leftover in replacement.leftovers {
      problems.append(
        Diagnostic(
          "context.token-left", "nothing replaces the token \"\(leftover.token)\"",
          at: SourceLocation(
            file: place(of: entry), line: leftover.line, column: leftover.column, length: leftover.token.count),
          suggestion: nearest(to: leftover.token, among: values.keys.map { "__\($0)__" }.sorted()).map {
            "did you mean \"\($0)\"?"
          } ?? "give it a value in tokens, or remove it"))
    }
    return replacement.bytes
  }

  func finish() -> [Diagnostic] {
    guard let tokens else { return [] }
    let missing = tokens.files.filter { !files.contains($0) }.map {
      Diagnostic(
        "context.token-file", "the file with tokens \"\($0)\" is not in the context",
        suggestion: "it is a regular file that no rule leaves out")
    }
    // What a missing file has in it is not known.
    if !missing.isEmpty { return problems + missing }
    let unused = tokens.values.keys.sorted().filter { !found.contains($0) }.map {
      Diagnostic(
        "context.token-unused", "the token \"__\($0)__\" was not found in the listed files",
        suggestion: "files: \(tokens.files.joined(separator: ", "))")
    }
    return problems + unused
  }
}
