import KilnDiagnostics

extension WorkspaceReading {
  /// Workloads of two customers that Compose would give one container's name: `care-queue` of `acme`, and `queue` of
  /// `acme-care`. All that Kiln names itself keeps the customer's name apart.
  mutating func checkContainers(_ environments: [EnvironmentSpec]) {
    let customers = Dictionary(environments.map { ($0.customer.value, $0) }) { first, _ in first }
    for environment in environments {
      let customer = environment.customer.value
      for hyphen in customer.indices where customer[hyphen] == "-" {
        guard let other = customers[String(customer[..<hyphen])] else { continue }
        let rest = customer[customer.index(after: hyphen)...]
        let taken = Dictionary(other.workloadNames.map { ($0.value, $0.location) }) { first, _ in first }
        for name in environment.workloadNames {
          guard let place = taken["\(rest)-\(name.value)"] else { continue }
          problems.append(
            Diagnostic(
              "name.container",
              "\"\(name.value)\" of \(customer) and \"\(rest)-\(name.value)\" of \(other.customer.value) would be one container on a developer's machine: \(customer)-\(name.value)",
              at: name.location, suggestion: "rename one of the two", notes: [.init("the other", at: place)]))
        }
      }
    }
  }
}

extension EnvironmentSpec {
  /// What a worker or a job of an app is called by others.
  public static func workload(_ name: String, of app: String) -> String { "\(app)-\(name)" }

  /// All that runs of it, by the names that it has among containers.
  fileprivate var workloadNames: [Located<String>] {
    services.map(\.name)
      + apps.flatMap { app in
        [app.name]
          + (app.workers.map(\.name) + app.jobs.map(\.name)).map {
            Located(Self.workload($0.value, of: app.name.value), at: $0.location)
          }
      }
  }
}
