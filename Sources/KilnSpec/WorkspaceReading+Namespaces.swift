import KilnDiagnostics

extension WorkspaceReading {
  /// Namespaces of a cluster that two customers would share.
  mutating func checkNamespaces(_ environments: [EnvironmentSpec], _ clusters: [Cluster]) {
    var taken: [String: (customer: String, location: SourceLocation)] = [:]
    for environment in environments {
      guard let kubernetes = environment.kubernetes else { continue }
      let only = clusters.count == 1 ? clusters[0].name.value : ""
      let stages: [EnvironmentSpec.Stage?] = environment.stages.isEmpty ? [nil] : environment.stages
      let customer = environment.customer
      for stage in stages {
        let cluster = stage?.cluster ?? kubernetes.cluster
        let name = environment.namespace(of: stage)
        let key = "\(cluster?.value ?? only) \(name.value)"
        guard let other = taken[key], other.customer != customer.value else {
          taken[key] = (customer.value, name.location)
          continue
        }
        problems.append(
          Diagnostic(
            "spec.duplicate-namespace", "the namespace \(name.value) is already that of \(other.customer)",
            at: name.location,
            suggestion: "each customer has namespaces of its own: name another by `kubernetes: {namespace: …}`",
            notes: [.init("here", at: other.location)]))
      }
    }
  }
}
