import KilnDiagnostics
import KilnDocuments
import KilnSpec

/// What stages say of each other.
struct StageRules {
  let spec: EnvironmentSpec

  func problems() -> [Diagnostic] {
    spec.kubernetes == nil && spec.azureDeployment == nil ? idleProblems() : orderProblems()
  }

  /// Keys that only a deployment knows.
  private func idleProblems() -> [Diagnostic] {
    func idle(_ what: String, at location: SourceLocation) -> Diagnostic {
      Diagnostic(
        "spec.no-effect", "\(what) has no effect: the environment is not deployed", at: location,
        suggestion: "say where it runs: `deploy: {kubernetes: {…}}` or `deploy: {azure: {…}}`; or remove this")
    }
    return spec.stages.flatMap { stage -> [Diagnostic] in
      [
        stage.after.map { idle("`after`", at: $0.location) },
        stage.needsApproval ? idle("`approval`", at: stage.name.location) : nil,
      ].compactMap { $0 }
    }
  }

  /// As in `qa after staging after qa`.
  private static func way(_ names: [String]) -> String {
    (names.count > 10 ? names.prefix(5) + ["…"] + names.suffix(4) : names[...]).joined(separator: " after ")
  }

  /// Stages after each other.
  private func orderProblems() -> [Diagnostic] {
    let names = spec.stages.map(\.name.value)
    let before = Dictionary(spec.stages.map { ($0.name.value, $0.after?.value) }) { first, _ in first }
    // Stages from which one comes to a first one, or to some others that come after each other.
    var ended: Set<String> = []
    return spec.stages.compactMap { stage in
      guard let after = stage.after else { return nil }
      guard before[after.value] != nil else {
        return Diagnostic(
          "spec.stage-order", "there is no stage \"\(after.value)\"", at: after.location,
          suggestion: nearest(to: after.value, among: names).map { "did you mean \"\($0)\"?" }
            ?? "there are: \(Phrase.list(names))")
      }
      var seen = [stage.name.value]
      var known = Set(seen)
      var next: String? = after.value
      while let name = next {
        if name == stage.name.value {
          return Diagnostic(
            "spec.stage-order", "the stage \"\(name)\" comes after itself", at: after.location,
            suggestion: "a release passes one stage after the other: \(Self.way(seen + [name]))")
        }
        if ended.contains(name) || known.contains(name) { break }
        seen.append(name)
        known.insert(name)
        next = before[name] ?? nil
      }
      ended.formUnion(known)
      return nil
    }
  }
}
