import KilnDiagnostics
import KilnSpec

/// Whether a schedule can be kept.
enum ScheduleRules {
  static func problems(_ schedule: EnvironmentSpec.Schedule) -> [Diagnostic] { [] }
}
