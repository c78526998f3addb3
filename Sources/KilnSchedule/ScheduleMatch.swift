/// The function of a `ScheduleScript` that asks whether a minute has a run.
enum ScheduleMatch {
  /// The fields of a minute as the script formats them, and where each is: `00 03 15 01 4`.
  private enum Part {
    static let format = "%M %H %d %m %w"
    static let minute = "${fields:0:2}"
    static let hour = "${fields:3:2}"
    static let dayOfMonth = "${fields:6:2}"
    static let month = "${fields:9:2}"
    static let dayOfWeek = "${fields:12:1}"
  }

  static func function(_ schedule: CronSchedule) -> String {
    let values = schedule.values
    var lines: [String] = []
    if values.minutes.count < 60 { lines.append(need(Part.minute, values.minutes.sorted.map(twoDigits))) }
    if values.hours.count < 24 { lines.append(need(Part.hour, values.hours.sorted.map(twoDigits))) }
    if values.months.count < 12 { lines.append(need(Part.month, values.months.sorted.map(twoDigits))) }
    let ofMonth = values.daysOfMonth.sorted.map(twoDigits)
    let ofWeek = values.daysOfWeek.sorted.map { "\($0)" }
    switch schedule.dayRule {
    case .any: break
    case .ofMonth: lines.append(need(Part.dayOfMonth, ofMonth))
    case .ofWeek: lines.append(need(Part.dayOfWeek, ofWeek))
    case .either:
      lines.append("case \(Part.dayOfMonth) in \(ofMonth.joined(separator: "|"))) return 0 ;; esac")
      lines.append(need(Part.dayOfWeek, ofWeek))
    }
    return """
      # Whether minute $1, counted from 1970, has a run.
      kiln_has_run() {
        local fields
        TZ=UTC0 printf -v fields '%(\(Part.format))T' "$((($1 + kiln_shift) * 60))"
      \(lines.map { "  \($0)\n" }.joined())  return 0
      }

      """
  }

  private static func need(_ part: String, _ values: [String]) -> String {
    "case \(part) in \(values.joined(separator: "|"))) ;; *) return 1 ;; esac"
  }
}
