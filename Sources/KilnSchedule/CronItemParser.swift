/// Reads one field: a list of `*`, numbers, names and ranges, with steps.
struct CronItemParser {
  struct Field {
    var values: CronValues
    /// It is `*` alone, which leaves the days to the other field.
    var isStar: Bool
    /// A `*/2` is in it.
    var hasSteppedStar: Bool
  }

  private let field: CronField

  init(_ field: CronField) { self.field = field }

  func parse(_ word: Substring) throws(CronError) -> Field {
    var result = Field(values: CronValues(), isStar: false, hasSteppedStar: false)
    let items = word.split(separator: ",", omittingEmptySubsequences: false)
    for item in items {
      if item.isEmpty {
        throw CronError(
          "a value is missing beside a comma of the \(field.word)", suggestion: "write values, as in `1,2`")
      }
      let (values, step) = try parse(item: item)
      result.values.formUnion(values)
      guard item.first == "*" else { continue }
      if step > 1 {
        result.hasSteppedStar = true
      } else if items.count > 1 {
        throw CronError("`*` in a list of the \(field.word) is every value", suggestion: "write `*` alone")
      } else {
        result.isStar = true
      }
    }
    // 7 is Sunday too.
    if field == .dayOfWeek, result.values.contains(7) {
      result.values.remove(7)
      result.values.insert(0)
    }
    return result
  }

  private func parse(item: Substring) throws(CronError) -> (values: CronValues, step: Int) {
    let parts = item.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2 else {
      throw CronError(
        "\(CronParser.quoted(item)) has more than one step", suggestion: "write one, as in `1-30/5`")
    }
    let range = try range(of: parts[0], isStepped: parts.count == 2)
    guard parts.count == 2 else { return (CronValues(range), 1) }
    let step = try step(parts[1], of: range, in: parts[0])
    return (CronValues(range, step: step), step)
  }

  private func range(of text: Substring, isStepped: Bool) throws(CronError) -> ClosedRange<Int> {
    if text == "*" { return field.all }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count <= 2 else {
      throw CronError(
        "\(CronParser.quoted(text)) is no range of the \(field.word)", suggestion: "a range has two ends, as in `1-5`")
    }
    let low = try value(ends[0])
    guard ends.count == 2 else {
      if isStepped {
        throw CronError(
          "Kubernetes reads a step after \(CronParser.quoted(text)) as \"from there on\", and cron does not read it",
          suggestion: "write the range, as in `\(low)-\(field.all.upperBound)/5`")
      }
      return low...low
    }
    let high = try value(ends[1])
    guard low <= high else { throw backwards(text, low, high) }
    return low...high
  }

  private func backwards(_ text: Substring, _ low: Int, _ high: Int) -> CronError {
    let range = { (low: Int, high: Int) in low == high ? "\(low)" : "\(low)-\(high)" }
    let instead =
      field == .dayOfWeek && high == 0
      ? range(low, 7)
      : "\(range(low, field.all.upperBound)),\(range(field.all.lowerBound, high))"
    return CronError(
      "the range \(CronParser.quoted(text)) of the \(field.word) ends before it begins",
      suggestion: "write `\(instead)`")
  }

  private func step(_ text: Substring, of range: ClosedRange<Int>, in whole: Substring) throws(CronError) -> Int {
    guard let step = Self.number(text), step > 0 else {
      throw CronError(
        "a step of the \(field.word) is a number from 1 on, not \(CronParser.quoted(text))",
        suggestion: "write it as in `*/5`")
    }
    // `*/90` is no hour and a half: it is minute 0 alone.
    guard step == 1 || step < range.count else {
      throw CronError(
        "a step of \(CronParser.quoted(text)) goes beyond \(range.lowerBound) to \(range.upperBound), the range of "
          + "the \(field.word)",
        suggestion: "`\(whole)/\(text.prefix(4))` is `\(range.lowerBound)` alone: write that, or a smaller step")
    }
    return step
  }

  private func value(_ text: Substring) throws(CronError) -> Int {
    if let number = Self.number(text) {
      if field.range.contains(number) { return number }
      throw CronError("the \(field.word) is \(field.choice), not \(text.prefix(20))", suggestion: remedy(number))
    }
    let name = text.uppercased()
    if let index = field.names.firstIndex(of: name) { return field.range.lowerBound + index }
    let near = field.names.first { name.hasPrefix($0) }
    throw CronError(
      text.isEmpty
        ? "a number is missing in the \(field.word)"
        : "the \(field.word) is \(field.choice), not \(CronParser.quoted(text))",
      suggestion: near.map { "write \($0)" } ?? remedy(of: text))
  }

  private func remedy(_ number: Int) -> String {
    switch (field, number) {
    case (.hour, 24): "write 0 for midnight"
    case (.minute, 60): "write 0 for the full hour"
    case (.dayOfMonth, 0), (.month, 0): "write 1 for the first"
    default: "write a number from \(field.range.lowerBound) to \(field.range.upperBound)"
    }
  }

  private func remedy(of text: Substring) -> String {
    let hasDays = field == .dayOfMonth || field == .dayOfWeek
    switch text {
    case "?": return "write `*`"
    case _ where hasDays && text.contains(where: { "LW#".contains($0) }):
      return "days are said by numbers and names alone: `L`, `W` and `#` are known to some schedulers only"
    case _ where text.uppercased().first == "H": return "write a number: `H` is known to Jenkins only"
    default: return "write `*`, a number, a range as `1-5`, a list as `1,3` or a step as `*/5`"
    }
  }

  /// Digits alone, however many; a thousand stands for all that is larger.
  private static func number(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return text.utf8.reduce(0) { min(1000, $0 * 10 + Int($1 - 0x30)) }
  }
}
