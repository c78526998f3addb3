import KilnDiagnostics

extension WorkspaceReading {
  /// Domains that two apps of the workspace have, or that would be another customer's names on a developer's machine.
  mutating func checkDomains(_ environments: [EnvironmentSpec]) {
    let customers = Dictionary(environments.map { ($0.customer.value, $0.customer.location) }) { first, _ in first }
    var taken: [String: (owner: String, location: SourceLocation)] = [:]
    for environment in environments {
      for app in environment.apps {
        for domain in app.domains {
          let last = domain.value.split(separator: ".").last.map(String.init) ?? ""
          if let place = customers[last] {
            problems.append(
              Diagnostic(
                "spec.duplicate-domain",
                "on a developer's machine \"\(domain.value)\" would be among the names of \(last), which end in \(LocalName.environment(last))",
                at: domain.location, suggestion: "a domain ends as on the internet, as in care.acme.example",
                notes: [.init("the customer", at: place)]))
          } else if let other = taken[domain.value] {
            problems.append(
              Diagnostic(
                "spec.duplicate-domain", "\"\(domain.value)\" is already a domain of \(other.owner)",
                at: domain.location, suggestion: "a domain leads to one app: remove one of the two",
                notes: [.init("here", at: other.location)]))
          } else {
            taken[domain.value] = ("\(app.name.value) of \(environment.customer.value)", domain.location)
          }
        }
      }
    }
  }
}
