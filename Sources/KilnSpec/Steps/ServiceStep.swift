extension Step {
  public struct Service: Sendable, Hashable {
    /// The systemd unit without `.service`.
    public let name: String
    /// What the container runs in the foreground; empty on a machine-only service.
    public let command: [String]
    /// By which it answers its running requests, then ends; as in `SIGQUIT`.
    public let stopSignal: String
    /// Whether clients reach it, and it passes requests on to the other services.
    public let isFront: Bool

    init(_ body: SpecNode) {
      name = body.text("name")
      command = body.texts("command")
      stopSignal = body.text("stopSignal")
      isFront = body["front"]?.boolean ?? false
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
        .init(
          "stopSignal", .text(Shape.signal), default: "SIGTERM",
          "the signal by which it answers its running requests, then ends"),
        .init(
          "front", .boolean, default: "false",
          "whether clients reach it, and it passes requests on: it starts after the other services and stops before them"
        ),
      ]), "a service",
    rules: { fields in
      fields.unit()
      for word in fields.body["command"]?.items ?? [] { fields.noNUL("command", word) }
    },
    make: { .service(Step.Service($0)) })
}
