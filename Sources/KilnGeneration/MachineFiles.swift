import KilnPlan
import KilnSpec

/// Files that only a machine has.
public enum MachineFiles {
  /// The packages that were installed so that Ansible could run, a name a line.
  public static let bootstrapPackages = "/var/lib/kiln/bootstrap-packages"
  /// What the machine is: a container has none.
  public static let release = "/etc/kiln-release"
  /// The app's values, as systemd reads them: written when a machine starts, and in no image.
  public static let environment = "/etc/kiln/environment"
  /// The variables of the runtime, as systemd reads them.
  public static let runtimeEnvironment = "/etc/kiln/runtime-environment"
  /// The same, as a login shell reads them.
  public static let profile = "/etc/profile.d/kiln.sh"

  /// The files with variables of every service.
  static func environments(of machine: MachinePlan) -> [String] {
    let services = machine.services.flatMap { service -> [PlannedStep] in
      if case .packages(let steps, _) = service.source { steps.filter { $0.isFor(.machine) } } else { [] }
    }
    let steps = machine.runtime.steps(for: .machine) + services
    var hasVariables = !machine.runtime.environment.isEmpty
    for fact in steps.flatMap(\.step.facts) {
      if case .variable = fact { hasVariables = true }
    }
    let hasValues = !(machine.app?.values.isEmpty ?? true)
    return (hasVariables ? [runtimeEnvironment] : []) + (hasValues ? [environment] : [])
  }
}
