import KilnDocuments
public import KilnPlan
import KilnSpec

/// How the services of a baked machine are started so that they can be asked.
public enum MachineStart: Sendable, CaseIterable {
  /// On the machine itself, before it is captured.
  case systemd
  /// In a container of the image that Packer's docker builder made, which has no systemd: the container's own command.
  case container
}

/// What a baked machine can be asked while its services run.
public struct MachineAnswers: Sendable {
  /// Units that are enabled and run.
  public let units: [String]
  /// Units that are enabled, and wait for what the machine lacks while it bakes.
  public let enabled: [String]
  /// TCP ports that answer.
  public let ports: [Int]
  /// Whether `health` and `checks` are asked.
  public let hasPages: Bool
  /// Why they are not; nil where they are, and where the spec has none.
  public let note: String?

  public init(_ plan: EnvironmentPlan, _ machine: MachinePlan, _ start: MachineStart) {
    let steps = machine.runtime.components.flatMap(\.steps)
    let app = machine.app?.spec
    let lacks = Self.lacks(plan, machine, start)
    let appUnits = machine.app.map { MachineUnits($0, machine, header: []).all.flatMap(\.instances) } ?? []
    // What is in front of an app whose jobs cannot run yet waits as well.
    let isWaiting = !lacks.isEmpty && !(machine.app?.spec.migrations.isEmpty ?? true)
    let isServing: Bool
    switch start {
    case .systemd:
      let own = Self.units(of: steps)
      let services = machine.services.flatMap { service in
        if case .packages(let steps, _) = service.source { Self.units(of: steps) } else { [String]() }
      }
      let hasUnit = app?.command != nil
      // A machine that bakes has no disks: a web server has the folders below them, and the app's own units wait.
      let areWaiting = !lacks.isEmpty || !machine.spec.disks.isEmpty
      isServing = (!own.isEmpty || hasUnit) && !(hasUnit && areWaiting) && !isWaiting
      let running = areWaiting ? [] : appUnits
      units = (isWaiting ? [] : own) + services + running
      enabled = (isWaiting ? own : []) + appUnits.filter { !running.contains($0) }
      ports = (isServing ? app?.port.map { [$0.value] } ?? [] : []) + machine.services.map(\.definition.port)
    case .container:
      if case .none = ContainerProcess(steps) { isServing = app?.command != nil } else { isServing = true }
      units = []
      enabled = []
      ports = isServing ? app?.port.map { [$0.value] } ?? [] : []
    }
    let wantsPages = isServing && app.map { $0.health != nil || !$0.checks.isEmpty } ?? false
    // A container cannot start what runs on the machine alone, whatever the spec asks for.
    let cannot = start == .container && !machine.services.isEmpty
    hasPages = wantsPages && !cannot && machine.spec.pages ?? lacks.isEmpty
    if !wantsPages || hasPages {
      note = nil
    } else if lacks.isEmpty {
      note = "`health` and `checks` are not asked: `machine.pages` is false."
    } else {
      note = "`health` and `checks` are not asked, since the app may need \(Phrase.list(lacks)), which it lacks here."
    }
  }

  static func units(of steps: [PlannedStep]) -> [String] {
    steps.compactMap { step in
      if case .service(let service) = step.step, step.isFor(.machine) { service.name } else { nil }
    }
  }

  /// What the application may need to answer, and has not where it is asked.
  private static func lacks(_ plan: EnvironmentPlan, _ machine: MachinePlan, _ start: MachineStart) -> [String] {
    let here = start == .systemd ? machine.services.map(\.name) : []
    // A job before a deployment is for the machine that is deployed: whatever its values name would get it from a bake.
    let jobs = machine.app?.spec.migrations.map(\.name.value) ?? []
    return jobs + plan.services.map(\.name).filter { !here.contains($0) }
      + (machine.app.map { plan.secrets(of: .app($0.name)) } ?? []).map(\.file)
  }
}
