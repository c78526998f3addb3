import KilnDocuments

/// A document as the body of a request: one line, its keys sorted.
enum JSONBody {
  static func text(_ document: DocumentValue) -> String {
    let line = JSONRenderer(sortedKeys: true, indent: 0).render(document)
    return line.hasSuffix("\n") ? String(line.dropLast()) : line
  }
}
