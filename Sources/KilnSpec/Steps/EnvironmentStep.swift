extension StepKind {
  static let environment = StepKind(
    "environment", Shape.environmentMap, "variables of every process of the services",
    rules: { fields in
      for entry in fields.body.entries ?? [] {
        fields.variable(entry)
        if let problem = EnvironmentRules.problem(entry.value.scalar?.text ?? "") {
          fields.refuse("\(entry.key) \(problem)", "put such a value into a file")
        }
      }
    },
    make: { .environment($0.namedValues) })
}

/// What a variable's value may be, everywhere it has to arrive.
public enum EnvironmentRules {
  /// Why no value that is given when a program runs can be `value`, or nil: a container, a pod and a unit's file take lines.
  public static func problem(whenRun value: String) -> String? {
    value.unicodeScalars.contains { $0.value < 0x20 && $0 != "\t" && $0 != "\n" || $0.value == 0x7F }
      ? "has a control character" : nil
  }

  /// Why neither an image nor a systemd unit can carry `value`, or nil.
  public static func problem(_ value: String) -> String? {
    if value.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" }) {
      return "has a line break, which an image's environment cannot carry"
    }
    if value.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }) {
      return "has a control character"
    }
    return nil
  }
}
