import KilnDiagnostics

extension WorkspaceReading {
  /// Scale sets that two customers would share.
  mutating func checkScaleSets(_ environments: [EnvironmentSpec]) {
    var taken: [String: (customer: String, location: SourceLocation)] = [:]
    for environment in environments {
      guard let deployment = environment.azureDeployment, let machine = environment.machine, machine.parameters == nil,
        let set = machine.azure?.scaleSet
      else { continue }
      let stages: [EnvironmentSpec.Stage?] = environment.stages.isEmpty ? [nil] : environment.stages
      let customer = environment.customer.value
      for stage in stages {
        let subscription = (stage?.azure?.place.subscription ?? deployment.place.subscription)?.value ?? ""
        let group = environment.resourceGroup(of: stage)
        let name = set.name.value + (stage.map { "-\($0.name.value)" } ?? "")
        let key = "\(subscription) \(group.value) \(name)".lowercased()
        guard let other = taken[key], other.customer != customer else {
          taken[key] = (customer, set.name.location)
          continue
        }
        problems.append(
          Diagnostic(
            "spec.duplicate-scale-set",
            "the scale set \(name) in the resource group \(group.value) is already that of \(other.customer)",
            at: set.name.location, suggestion: "give each customer's scale set its own name",
            notes: [.init("here", at: other.location)]))
      }
    }
  }
}
