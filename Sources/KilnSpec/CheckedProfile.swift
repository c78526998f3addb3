import KilnDiagnostics

/// A profile with what can be said of it once, for all customers that stand on it.
struct CheckedProfile: Sendable {
  let tree: SpecNode
  /// Keys whose values fit their shapes.
  private let fitting: Set<String>
  private let hasGoodServices: Bool
  private let hasPlaceholder: Bool

  init(_ tree: SpecNode, _ uses: UseChecker) {
    self.tree = tree
    let checker = ShapeChecker()
    fitting = Set(
      (tree.entries ?? []).filter { entry in
        guard let key = Shape.environmentObject[entry.key] else { return false }
        return checker.problems(in: entry.value, key.shape).isEmpty
      }.map(\.key))
    hasGoodServices = fitting.contains("services") && uses.serviceProblems(in: tree).isEmpty
    hasPlaceholder = CustomerPlaceholder.isIn(tree)
  }

  /// The tree for a customer.
  func filled(_ placeholder: inout CustomerPlaceholder) -> SpecNode {
    hasPlaceholder ? placeholder.filled(tree) : tree
  }

  /// Whether a value of a merged spec is this profile's, as it stands there, and fits its shape.
  func isFitting(_ entry: SpecNode.Entry) -> Bool {
    fitting.contains(entry.key) && tree[entry.key]?.isSame(as: entry.value) == true
  }

  /// Whether the services of a merged spec are this profile's, and nothing is wrong with them.
  func areGoodServices(of spec: SpecNode) -> Bool {
    guard hasGoodServices, let services = spec["services"] else { return false }
    return tree["services"]?.isSame(as: services) == true
  }
}

extension SpecNode {
  /// Whether both are one value in memory, which needs no look into it. Two that are equal may yet be different.
  fileprivate func isSame(as other: SpecNode) -> Bool {
    switch (content, other.content) {
    case (.map(let one), .map(let two)): Self.areOne(one, two)
    case (.list(let one), .list(let two)): Self.areOne(one, two)
    default: false
    }
  }

  private static func areOne<Element>(_ one: [Element], _ two: [Element]) -> Bool {
    guard !one.isEmpty, one.count == two.count else { return false }
    return one.withUnsafeBufferPointer { one in two.withUnsafeBufferPointer { one.baseAddress == $0.baseAddress } }
  }
}
