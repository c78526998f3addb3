extension Shape {
  /// A setting of a data service's configuration file.
  static let settingName = TextRule(
    "a setting", pattern: "[A-Za-z][A-Za-z0-9_.-]*", rule: "letters, digits and _ . -, a letter first")

  static let setting = ObjectShape(
    "the setting",
    [
      .init(
        "type", .text(TextRule("a type", allowed: ["string", "integer", "number", "boolean", "size", "duration"])),
        required: true, "its type", example: "integer"),
      .init("minimum", .scalar, "the least it may be"), .init("maximum", .scalar, "the most it may be"),
      .init("allowed", .list(.scalar), "the values it takes"), .init("summary", .text, "what it does"),
    ])
}
