extension StepKind {
  static let packages = StepKind(
    "packages", .list(.text(TextRule("a package", lengths: 1...200)), minimum: 1),
    "packages of the base's distribution, without what they recommend",
    rules: { fields in
      for item in fields.body.items ?? [] {
        let name = item.scalar?.text ?? ""
        if let rule = fields.family.packageProblem(name) {
          fields.refuse("\"\(name)\" is not the name of a \(fields.family.title) package", rule)
        }
      }
    },
    make: { .packages(Step.sorted(($0.items ?? []).compactMap { $0.scalar?.text })) })
}

extension Step {
  /// Each once, in the order of their bytes.
  public static func sorted(_ names: [String]) -> [String] {
    Array(Set(names)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  static func facts(packages names: [String]) -> [StepFact] { names.map { .package(String($0.prefix { $0 != "=" })) } }
}
