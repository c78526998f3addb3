import KilnDiagnostics
import KilnDocuments
package import KilnPlan
package import KilnWorkspace

extension LoadedWorkspace {
  /// The hosts of these names, or of groups of these names; all for none.
  package func hosts(named names: [String]) throws -> [HostPlan] {
    // Nothing is done to some hosts while others' specs are wrong: they share them.
    guard !hosts.isEmpty else {
      throw CommandError(
        "hosts.none", "the workspace has no hosts",
        help: "describe them in hosts/GROUP.yaml; docs/hosts.md has an example"
      )
    }
    if names.isEmpty { return hosts }
    var chosen: Set<String> = []
    for name in names {
      let found = hosts.filter { $0.name == name || $0.group == name }.map(\.name)
      guard !found.isEmpty else {
        let known = Array(Set(hosts.map(\.name) + hosts.map(\.group))).sorted()
        let near = nearest(to: name, among: known).map { "did you mean \"\($0)\"?" }
        throw CommandError(
          "hosts.unknown", "there is no host and no group \"\(name)\"",
          help: near ?? "there are: \(Phrase.some(known, limit: 20))")
      }
      chosen.formUnion(found)
    }
    return hosts.filter { chosen.contains($0.name) }
  }
}
