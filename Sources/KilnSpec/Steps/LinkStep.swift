extension StepKind {
  static let link = StepKind(
    "link",
    object(
      "link",
      [
        .init("path", .text(Shape.absolutePath), required: true, "the link"),
        .init("target", .text(TextRule("a target", lengths: 1...1024)), required: true, "what it points to"),
      ]), "a symbolic link",
    rules: { fields in
      fields.path("path")
      fields.line("target", fields.body["target"])
    },
    make: { .link(path: $0.text("path"), target: $0.text("target")) })
}
