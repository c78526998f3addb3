import KilnArtifacts
import KilnDiagnostics
import SystemPackage

extension WorkspaceReading {
  static let hostFolder = "hosts"

  /// Hosts in the order of their files.
  mutating func readHosts(_ environments: [EnvironmentSpec]) -> [HostSpec] {
    guard root.appending(Self.hostFolder).isThere else { return [] }
    var reader = HostReader(definitions.definitions)
    for file in files(in: "\(Self.hostFolder)/profiles") {
      reader.add(profile: stem(file), tree("\(Self.hostFolder)/profiles/\(file)"))
    }
    for file in files(in: Self.hostFolder) {
      let shown = "\(Self.hostFolder)/\(file)"
      if let node = tree(shown) { reader.add(group: node, shown) }
    }
    problems += reader.problems
    problems += HostRules.problems(reader.hosts, environments, files: environmentFiles)
    return reader.hosts
  }
}
