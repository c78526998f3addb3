import KilnDiagnostics
import KilnSpec

/// Whether something gives a machine the systemd units that its components and services name.
struct UnitRules {
  let components: [ComponentPlan]
  let services: [(plan: ServicePlan, origin: SourceLocation)]
  let definitions: Definitions

  func problems() -> [Diagnostic] {
    let own = components.flatMap { component in
      problems(component.steps, component.name, component.origin) { isGiven in
        let reach = definitions.reach(of: [component.name])
        return components.contains { reach.contains($0.name) && $0.steps.contains(where: isGiven) }
      }
    }
    return own
      + services.flatMap { service -> [Diagnostic] in
        guard case .packages(let steps, _) = service.plan.source else { return [] }
        return problems(steps, service.plan.name, service.origin) { steps.contains(where: $0) }
      }
  }

  /// - Parameter isAny: Whether any step that may give `own` its units is as asked for.
  private func problems(
    _ own: [PlannedStep], _ name: String, _ origin: SourceLocation, isAny: ((PlannedStep) -> Bool) -> Bool
  ) -> [Diagnostic] {
    own.compactMap { step in
      guard step.isFor(.machine), case .service(let service) = step.step,
        !isAny({ $0.isFor(.machine) && mayGive($0.step, service.name) })
      else { return nil }
      return Diagnostic(
        "spec.no-unit",
        "a machine has no unit \"\(service.name).service\": nothing in \(name) gives it one",
        severity: .warning, at: step.origin,
        suggestion: "write it: file: {path: /etc/systemd/system/\(service.name).service, template: …}, only: machine",
        notes: [.init("\(name) is named here", at: origin)])
    }
  }

  /// Packages, archives and scripts may bring any unit.
  private func mayGive(_ step: Step, _ unit: String) -> Bool {
    switch step {
    case .packages, .run: true
    case .download(let download): download.unpack || download.to.hasSuffix("/\(unit).service")
    case .file(let file): file.path.hasSuffix("/\(unit).service")
    case .link(let path, _): path.hasSuffix("/\(unit).service")
    case .repository, .directory, .user, .environment, .service: false
    }
  }
}
