import KilnDiagnostics

extension WorkspaceReading {
  /// Two apps cannot have one domain, nor a domain the name that another app has on a developer's machine.
  mutating func checkDomains(_ environments: [EnvironmentSpec]) {
    struct Owner {
      /// As in `a domain of care of acme`.
      let what: String
      let location: SourceLocation
    }
    var taken: [String: Owner] = [:]
    for environment in environments {
      let customer = environment.customer.value
      let apps = environment.apps.filter { $0.port != nil }
      for app in apps {
        let owner = Owner(what: "\(app.name.value) of \(customer)", location: app.name.location)
        taken[LocalName.app(app.name.value, of: customer)] = owner
        if apps.count == 1 { taken[LocalName.environment(customer)] = owner }
      }
    }
    for environment in environments {
      for app in environment.apps {
        for domain in app.domains {
          let local = LocalName.domain(domain.value) ?? domain.value
          let owner = Owner(
            what: "a domain of \(app.name.value) of \(environment.customer.value)", location: domain.location)
          guard let other = taken[local] else {
            taken[local] = owner
            continue
          }
          let isDomain = other.what.hasPrefix("a domain of ")
          problems.append(
            Diagnostic(
              "spec.duplicate-domain",
              isDomain
                ? "\"\(domain.value)\" is already \(other.what)"
                : "on a developer's machine \"\(domain.value)\" would be \(local), which is \(other.what)",
              at: domain.location,
              suggestion: isDomain
                ? "a domain leads to one app: remove one of the two" : "give it another domain, or rename the other",
              notes: [.init("here", at: other.location)]))
        }
      }
    }
  }
}
