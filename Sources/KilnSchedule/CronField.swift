/// One of a schedule's five fields.
enum CronField: CaseIterable {
  case minute, hour, dayOfMonth, month, dayOfWeek

  var word: String {
    switch self {
    case .minute: "minute"
    case .hour: "hour"
    case .dayOfMonth: "day of the month"
    case .month: "month"
    case .dayOfWeek: "day of the week"
    }
  }

  /// Numbers that may be written; 7 is Sunday too.
  var range: ClosedRange<Int> {
    switch self {
    case .minute: 0...59
    case .hour: 0...23
    case .dayOfMonth: 1...31
    case .month: 1...12
    case .dayOfWeek: 0...7
    }
  }

  /// What `*` stands for.
  var all: ClosedRange<Int> { self == .dayOfWeek ? 0...6 : range }

  /// Names of the numbers from the range's first on.
  var names: [String] {
    switch self {
    case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    default: []
    }
  }

  /// "0 to 23", "1 to 12 or JAN to DEC".
  var choice: String {
    let numbers = "\(range.lowerBound) to \(range.upperBound)"
    guard let first = names.first, let last = names.last else { return numbers }
    return "\(numbers) or \(first) to \(last)"
  }

  /// In numbers: `*`, `*/15`, `1-5,9`.
  ///
  /// A list of days never begins with `*`: cron takes `*/2` there for no restriction, Kubernetes for one.
  func canonical(_ values: CronValues) -> String {
    if values.count == all.count { return "*" }
    let sorted = values.sorted
    if let step = values.step, let first = sorted.first, let last = sorted.last {
      let isOpen = first == all.lowerBound && last + step > all.upperBound
      if isOpen, self != .dayOfMonth, self != .dayOfWeek { return "*/\(step)" }
      if sorted.count > 3 { return "\(first)-\(last)/\(step)" }
    }
    return values.runs.map { run in
      switch run.count {
      case 1: "\(run.lowerBound)"
      case 2: "\(run.lowerBound),\(run.upperBound)"
      default: "\(run.lowerBound)-\(run.upperBound)"
      }
    }.joined(separator: ",")
  }
}
