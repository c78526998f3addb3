import KilnDiagnostics
import KilnDocuments

extension SpecMerger {
  /// The list that `change` makes of the one beneath; without one beneath, what is added is the list.
  ///
  /// What is there already is not added again. Entries keep their order, added ones come last.
  mutating func list(_ change: ListChange, _ key: String, at location: SourceLocation, over beneath: SpecNode?)
    -> SpecNode
  {
    for entry in change.entries where entry.value.items == nil {
      problems.append(
        Diagnostic(
          "spec.wrong-type", "\(entry.key) must be a list, not \(entry.value.kind)", at: entry.value.location,
          suggestion: entry.value.scalar.flatMap { entry.value.isNull ? nil : "write [\($0.text)]" }))
    }
    let before = beneath?.items ?? []
    let removed = change.removed.map { (node: $0, value: PlainValue($0)) }
    let gone = Set(removed.map(\.value))
    var list = removed.isEmpty ? before : before.filter { !gone.contains(PlainValue($0)) }
    if list.count < before.count + removed.count { report(removed, key, notIn: beneath) }
    if !change.added.isEmpty {
      var there = Set(list.map(PlainValue.init))
      list += change.added.filter { there.insert(PlainValue($0)).inserted }
    }
    return SpecNode(.list(list), at: location)
  }

  private mutating func report(
    _ removed: [(node: SpecNode, value: PlainValue)], _ key: String, notIn beneath: SpecNode?
  ) {
    let items = beneath?.items ?? []
    let there = Set(items.map(PlainValue.init))
    for (node, value) in removed where !there.contains(value) {
      // Names of secrets: one may be the secret itself.
      let text = key == "buildSecrets" ? nil : node.scalar.map { ShapeChecker.shown($0.text) }
      let names = items.compactMap { $0.scalar?.text }
      let near = node.scalar.flatMap { nearest(to: $0.text, among: names.prefix(UseChecker.nearLimit)) }
      let known = names.isEmpty ? nil : "the list has: \(Phrase.some(names, limit: 30))"
      let help =
        beneath == nil ? "write the whole list that is wanted" : near.map { "did you mean \"\($0)\"?" } ?? known
      problems.append(
        Diagnostic(
          "spec.removed-entry",
          "\(text ?? "the entry") cannot be removed: "
            + (beneath == nil ? "no profile sets \(key)" : "it is not in the profile's \(key)"), at: node.location,
          suggestion: help, notes: beneath.map { [.init("the profile's \(key)", at: $0.location)] } ?? []))
    }
  }
}
