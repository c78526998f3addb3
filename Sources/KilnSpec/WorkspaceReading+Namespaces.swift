import KilnDiagnostics

extension WorkspaceReading {
  /// Namespaces of a cluster that two customers would share.
  mutating func checkNamespaces(_ environments: [EnvironmentSpec], _ clusters: [Cluster]) {
    var taken: [String: (customer: String, location: SourceLocation)] = [:]
    for environment in environments {
      guard let kubernetes = environment.kubernetes else { continue }
      let only = clusters.count == 1 ? clusters[0].name.value : ""
      let places =
        environment.stages.isEmpty
        ? [(kubernetes.cluster, kubernetes.namespace)]
        : environment.stages.map { ($0.cluster ?? kubernetes.cluster, $0.namespace ?? kubernetes.namespace) }
      let customer = environment.customer
      for (cluster, namespace) in places {
        let name = namespace ?? customer
        let key = "\(cluster?.value ?? only) \(name.value)"
        guard let other = taken[key], other.customer != customer.value else {
          taken[key] = (customer.value, name.location)
          continue
        }
        problems.append(
          Diagnostic(
            "spec.duplicate-namespace", "the namespace \(name.value) is already that of \(other.customer)",
            at: name.location,
            suggestion: "each customer has namespaces of its own: remove `namespace`, or name another",
            notes: [.init("here", at: other.location)]))
      }
    }
  }
}
