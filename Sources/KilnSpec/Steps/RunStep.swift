extension Step {
  /// A script, run by `/bin/sh -eu`.
  public struct Run: Sendable, Hashable {
    public let script: String
    public let creates: String?
    /// Sorted by name.
    public let environment: [NamedValue]

    init(_ body: SpecNode) {
      script = body.text("script")
      creates = body["creates"]?.scalar.flatMap { $0.text.isEmpty ? nil : $0.text }
      environment = body["environment"]?.namedValues ?? []
    }
  }
}

extension StepKind {
  static let run = StepKind(
    "run",
    object(
      "run",
      [
        .init(
          "script", .text(TextRule("a script", lengths: 1...100_000)), required: true,
          "POSIX shell; the first failing line ends it"),
        .init("creates", .text(Shape.absolutePath), "what exists once it has run, so that a machine runs it once"),
        .init("environment", Shape.environmentMap, default: "{}", "variables for it alone"),
      ]), "a script",
    rules: { fields in
      fields.path("creates")
      fields.noNUL("the script", fields.body["script"])
      for entry in fields.body["environment"]?.entries ?? [] {
        fields.variable(entry)
        fields.noNUL(entry.key, entry.value)
      }
    },
    make: { .run(Step.Run($0)) })
}
