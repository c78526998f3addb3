package import KilnDiagnostics

/// Groups of hosts from trees: profile, group and host laid over each other, checked, decoded.
package struct HostReader {
  private let definitions: Definitions
  private var profiles: [String: SpecNode] = [:]
  /// Of profiles that cannot be used, which is reported where they are.
  private var broken: Set<String> = []
  package private(set) var problems: [Diagnostic] = []
  package private(set) var hosts: [HostSpec] = []

  package init(_ definitions: Definitions) { self.definitions = definitions }

  /// A file of `hosts/profiles`; nil where it is no YAML.
  package mutating func add(profile name: String, _ node: SpecNode?) {
    let found = node.map { ShapeChecker(isPartial: true).problems(in: $0, .hostProfile) } ?? []
    problems += found
    if let node, !found.hasErrors { profiles[name] = node } else { broken.insert(name) }
  }

  /// A file of `hosts`.
  package mutating func add(group node: SpecNode, _ file: String) {
    var found = ShapeChecker().problems(in: node, .hostGroupHead)
    found += ShapeChecker(isPartial: true).problems(in: node, .hostGroup).filter { !found.contains($0) }
    problems += found
    guard !found.hasErrors, let group = node.optional("group"), let entries = node.required("hosts").entries else {
      return
    }
    let stem = (file.split(separator: "/").last ?? "").split(separator: ".").first.map(String.init) ?? ""
    if group.value != stem {
      problems.append(
        Diagnostic(
          "hosts.file-name", "the group is \"\(group.value)\", but the file is called \(stem)", severity: .warning,
          at: group.location, suggestion: "rename the file to \(group.value).yaml, or the group"))
    }
    guard let beneath = profile(of: node) else { return }
    var merger = SpecMerger()
    let shared = merger.merge(Self.shared(node), over: beneath)
    var seen = Set(merger.problems + problems)
    problems += merger.problems
    for entry in entries { add(entry, over: shared, file, group, &seen) }
  }

  /// - Parameter seen: What the group has wrong is wrong of each of its hosts, and reported once.
  private mutating func add(
    _ entry: SpecNode.Entry, over shared: SpecNode, _ file: String, _ group: Located<String>,
    _ seen: inout Set<Diagnostic>
  ) {
    var merger = SpecMerger()
    let merged = merger.merge(entry.value, over: shared)
    let wrong = merger.problems + ShapeChecker().problems(in: merged, .host)
    problems += wrong.filter { seen.insert($0).inserted }
    guard !wrong.hasErrors else { return }
    let runtime = SpecNode.Entry(key: "runtime", keyLocation: merged.location, value: merged)
    let uses = UseChecker(definitions).problems(in: SpecNode(.map([runtime]), at: merged.location))
    problems += uses.filter { seen.insert($0).inserted }
    guard !uses.hasErrors else { return }
    hosts.append(HostSpec(merged, file: file, group: group, name: Located(entry.key, at: entry.keyLocation)))
  }

  /// What the group's profile says; an empty map without one, nil for one that cannot be used.
  private mutating func profile(of node: SpecNode) -> SpecNode? {
    guard let name = node.optional("profile") else { return SpecNode(.map([]), at: node.location) }
    if let profile = profiles[name.value] { return Self.shared(profile) }
    if !broken.contains(name.value) {
      problems.append(
        UseChecker(definitions).unknown(
          "profile of hosts", name, among: Array(profiles.keys), id: "hosts.unknown-profile",
          hint: profiles.isEmpty ? "hosts/profiles has none" : nil))
    }
    return nil
  }

  /// What a group or a profile says of its hosts.
  private static func shared(_ node: SpecNode) -> SpecNode {
    let own = ["version", "group", "profile", "hosts"]
    return SpecNode(.map((node.entries ?? []).filter { !own.contains($0.key) }), at: node.location)
  }
}
