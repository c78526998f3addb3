extension Step {
  public struct Service: Sendable, Hashable {
    /// The systemd unit without `.service`.
    public let name: String
    /// What the container runs in the foreground; empty on a machine-only service.
    public let command: [String]

    init(_ body: SpecNode) {
      name = body.text("name")
      command = body.texts("command")
    }
  }
}

extension StepKind {
  static let service = StepKind(
    "service",
    object(
      "service",
      [
        .init(
          "name",
          .text(TextRule("a service", pattern: "[A-Za-z0-9@._{}-]+", rule: "a systemd unit's name without .service")),
          required: true, "the systemd unit"),
        .init("command", .list(.text, minimum: 1), "what the container runs, in the foreground"),
      ]), "a service",
    rules: { fields in
      fields.unit()
      for word in fields.body["command"]?.items ?? [] { fields.noNUL("command", word) }
    },
    make: { .service(Step.Service($0)) })
}
