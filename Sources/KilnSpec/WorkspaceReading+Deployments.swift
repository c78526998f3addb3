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

extension WorkspaceReading {
  /// A plan of JMeter's starts programs and runs scripts: whoever may write a spec would run them wherever `kiln load` does.
  mutating func checkLoadPlans(_ environments: [EnvironmentSpec]) {
    for test in environments.flatMap(\.loadTests) {
      guard case .plan(let file) = test.source else { continue }
      problems.append(
        Diagnostic(
          "spec.load-plan", "kiln.yaml does not allow plans of JMeter's, and \(file.value) is one", at: file.location,
          suggestion:
            "a plan can run any program on the machine that runs `kiln load`: where that is wanted, `allowLoadPlans: true` in kiln.yaml; else `path`"
        ))
    }
  }
}
