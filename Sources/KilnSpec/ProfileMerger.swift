import KilnDiagnostics

/// Lays profiles over their own profiles, each once.
struct ProfileMerger {
  /// Profiles on each other: nobody keeps more in mind, and each is a file to read for every change.
  static let chainLimit = 16

  let definitions: Definitions
  private(set) var problems: [Diagnostic] = []
  /// Merged trees and how many profiles each is made of; nil for one that cannot be used, which is reported.
  private var known: [String: (tree: SpecNode, height: Int)?] = [:]

  init(_ definitions: Definitions) { self.definitions = definitions }

  /// The tree of the profile that `name` names, or nil with a problem reported where it lies.
  mutating func tree(_ name: Located<String>) -> SpecNode? {
    var chain: [(name: String, node: SpecNode)] = []
    var seen: Set<String> = []
    var next: Located<String>? = name
    var beneath: (tree: SpecNode, height: Int)?
    while let profile = next {
      if let answer = known[profile.value] {
        guard let answer, fits(answer.height + chain.count, profile) else { return unusable(chain.map(\.name)) }
        beneath = answer
        break
      }
      guard seen.insert(profile.value).inserted else {
        report(cycle: chain.map(\.name), at: profile)
        return unusable(chain.map(\.name))
      }
      guard fits(chain.count + 1, profile), let node = node(profile) else { return unusable(chain.map(\.name)) }
      chain.append((profile.value, node))
      next = node.optional("profile")
    }
    for (name, node) in chain.reversed() {
      var merger = SpecMerger()
      beneath = (merger.merge(node, over: beneath?.tree), (beneath?.height ?? 0) + 1)
      problems += merger.problems
      known[name] = .some(beneath)
    }
    return beneath?.tree
  }

  private mutating func unusable(_ names: [String]) -> SpecNode? {
    for name in names { known[name] = .some(nil) }
    return nil
  }

  private mutating func node(_ name: Located<String>) -> SpecNode? {
    if let node = definitions.profiles[name.value] { return node }
    // What is wrong with its file is reported there, once.
    if definitions.unusable[name.value]?.hasPrefix("profiles/") == true { return nil }
    let names = Array(definitions.profiles.keys)
    problems.append(UseChecker(definitions).unknown("profile", name, among: names, id: "spec.unknown-profile"))
    return nil
  }

  private mutating func fits(_ height: Int, _ name: Located<String>) -> Bool {
    if height <= Self.chainLimit { return true }
    problems.append(
      Diagnostic(
        "spec.profile-limit", "profiles are based on each other more than \(Self.chainLimit) deep", at: name.location,
        suggestion: "make one profile of several"))
    return false
  }

  private mutating func report(cycle names: [String], at name: Located<String>) {
    let cycle = (names.drop { $0 != name.value } + [name.value]).joined(separator: " → ")
    problems.append(
      Diagnostic(
        "spec.profile-cycle", "profiles are based on each other: \(cycle)", at: name.location,
        suggestion: "remove one `profile:`"))
  }
}
