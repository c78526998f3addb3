import KilnDiagnostics
import KilnDocuments
import KilnSpec

/// What stages say of each other.
struct StageRules {
  let spec: EnvironmentSpec

  func problems() -> [Diagnostic] {
    sizeProblems() + (spec.kubernetes == nil && spec.azureDeployment == nil ? idleProblems() : orderProblems())
  }

  /// Each stage has each program with its values: far more than anybody runs would take hours to write.
  private static let programs = 5000

  private func sizeProblems() -> [Diagnostic] {
    let programs = spec.apps.reduce(0) { $0 + 1 + $1.workers.count + $1.jobs.count }
    guard let last = spec.stages.last, programs * spec.stages.count > Self.programs else { return [] }
    return [
      Diagnostic(
        "spec.too-many-programs",
        "\(Phrase.count(programs, "program")) in \(Phrase.count(spec.stages.count, "stage")) are more than \(Self.programs)",
        at: last.name.location, suggestion: "give the environment fewer apps, workers and jobs, or fewer stages")
    ]
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

  /// Stages after each other.
  private func orderProblems() -> [Diagnostic] {
    let names = spec.stages.map(\.name.value)
    let before = Dictionary(spec.stages.map { ($0.name.value, $0.after?.value) }) { first, _ in first }
    // Stages from which one comes to a first one, or to a ring of others; each is walked from once.
    var ended: Set<String> = []
    var rings: [String: (ring: [String], at: Int)] = [:]
    return spec.stages.compactMap { stage in
      guard let after = stage.after else { return nil }
      guard before[after.value] != nil else {
        return Diagnostic(
          "spec.stage-order", "there is no stage \"\(after.value)\"", at: after.location,
          suggestion: nearest(to: after.value, among: names).map { "did you mean \"\($0)\"?" }
            ?? "there are: \(Phrase.some(names, limit: 20))")
      }
      let name = stage.name.value
      if rings[name] == nil {
        var way = [name]
        var places = [name: 0]
        var next: String? = after.value
        while let one = next, !ended.contains(one), rings[one] == nil {
          if let start = places[one] {
            let ring = Array(way[start...])
            for (at, member) in ring.enumerated() { rings[member] = (ring, at) }
            break
          }
          places[one] = way.count
          way.append(one)
          next = before[one] ?? nil
        }
        ended.formUnion(way)
      }
      guard let (ring, at) = rings[name] else { return nil }
      return Diagnostic(
        "spec.stage-order", "the stage \"\(name)\" comes after itself", at: after.location,
        suggestion: "a release passes one stage after the other: \(Self.way(ring, from: at))")
    }
  }

  /// As in `qa after staging after qa`.
  private static func way(_ ring: [String], from start: Int) -> String {
    let count = ring.count + 1
    let shown = count > 10 ? Array(0..<5) + Array(count - 4..<count) : Array(0..<count)
    var names = shown.map { ring[(start + $0) % ring.count] }
    if count > 10 { names.insert("…", at: 5) }
    return names.joined(separator: " after ")
  }
}
