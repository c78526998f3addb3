import KilnDiagnostics

extension ShapeChecker {
  /// One object, or several by name.
  func checkNamed(
    _ node: SpecNode, _ object: ObjectShape, _ names: TextRule, in place: String, _ problems: inout [Diagnostic]
  ) {
    guard Shape.isNamed(node, object) else { return checkObject(node, object, in: place, &problems) }
    let entries = node.entries ?? []
    var isMixed = false
    for entry in entries where !(isPartial && entry.value.isNull) {
      if entry.value.entries == nil, object[entry.key] != nil {
        // Once: the others stand there for the same reason.
        if isMixed { continue }
        isMixed = true
        let named = entries.first { $0.value.entries != nil }
        problems.append(
          Diagnostic(
            "spec.conflict", "\"\(entry.key)\" stands beside objects with names", at: entry.keyLocation,
            suggestion: "one without a name has no others beside it: give each a name",
            notes: named.map { [.init("\"\($0.key)\" is one", at: $0.keyLocation)] } ?? []))
        continue
      }
      check(entry.key, names, at: entry.keyLocation, in: "the name", &problems)
      checkObject(entry.value, object, in: entry.key, &problems)
    }
  }
}
