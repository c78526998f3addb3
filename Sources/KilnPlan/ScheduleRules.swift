import KilnDiagnostics
import KilnDocuments
import KilnSchedule
public import KilnSpec

/// Whether a schedule can be kept.
enum ScheduleRules {
  static func problems(_ schedule: EnvironmentSpec.Schedule) -> [Diagnostic] {
    var found: [Diagnostic] = []
    do {
      let cron = try CronSchedule(schedule.text.value)
      if !cron.fires {
        found.append(
          Diagnostic(
            "spec.schedule", "there is no such day: \"\(schedule.text.value)\" never comes",
            at: schedule.text.location, suggestion: "a day that its months have"))
      }
    } catch {
      found.append(
        Diagnostic(
          "spec.schedule", "no schedule: \(error.message)", at: schedule.text.location, suggestion: error.suggestion))
    }
    guard let zone = schedule.timeZone else { return found }
    guard let rule = TimeZoneRule(named: zone.value) else {
      found.append(
        Diagnostic(
          "spec.schedule", "there is no time zone \"\(zone.value)\"", at: zone.location,
          suggestion: nearest(to: zone.value, among: TimeZoneRule.names).map { "did you mean \"\($0)\"?" }
            ?? "as in Europe/Amsterdam, or leave it out for UTC"))
      return found
    }
    if !rule.isExact {
      found.append(
        Diagnostic(
          "spec.schedule", "the clocks of \(zone.value) change by no rule: a container may be an hour off on some days",
          severity: .warning, at: zone.location, suggestion: "choose a time of day where an hour does not matter"))
    }
    return found
  }
}

/// When a job runs by the clock.
public struct PlannedSchedule: Sendable, Hashable {
  let cron: CronSchedule
  let zone: TimeZoneRule?

  /// Nil for one that has been reported.
  public init?(_ schedule: EnvironmentSpec.Schedule) {
    guard let cron = try? CronSchedule(schedule.text.value), cron.fires else { return nil }
    self.cron = cron
    zone = schedule.timeZone.flatMap { TimeZoneRule(named: $0.value) }
    if schedule.timeZone != nil, zone == nil { return nil }
  }

  /// As in `every day at 03:00, Europe/Amsterdam`.
  public var words: String { "\(cron.words), \(zone?.name ?? "UTC")" }
  /// As in `0 3 * * *`, in numbers.
  public var expression: String { cron.canonical }
  /// An IANA name.
  public var zoneName: String { zone?.name ?? "UTC" }

  /// What systemd's `OnCalendar=` takes, each with the zone.
  public var calendarEvents: [String] { cron.calendarEvents.map { "\($0) \(zoneName)" } }

  /// Runs `words` by the clock, in a container.
  func command(running words: [String]) -> [String] { ScheduleScript.command(cron, running: words) }
  /// What `command` needs: the zone as the C library understands it where there are no tables of zones.
  var variables: [NamedValue] { [NamedValue("TZ", zone?.posix ?? "UTC0")] }
  /// Fails where the last run failed.
  static let health = ScheduleScript.healthCommand
}
