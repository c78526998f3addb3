extension Step {
  /// An account with a group of the same name.
  public struct User: Sendable, Hashable {
    public let name: String
    public let isSystem: Bool
    public let home: String
    public let shell: String
    /// Further ones.
    public let groups: [String]

    init(_ body: SpecNode) {
      name = body.text("name")
      isSystem = body["system"]?.boolean ?? true
      home = body.text("home")
      shell = body.text("shell")
      groups = body.texts("groups")
    }
  }
}

extension StepKind {
  static let user = StepKind(
    "user",
    object(
      "user",
      [
        .init("name", .text(Shape.account), required: true, "the account's name"),
        .init("system", .boolean, default: "true", "whether it is a system account"),
        .init("home", .text(Shape.absolutePath), default: "/nonexistent", "its home"),
        .init("shell", .text(Shape.absolutePath), default: "/usr/sbin/nologin", "its shell"),
        .init("groups", .list(.text(Shape.account)), default: "[]", "further groups"),
      ]), "an account with a group of the same name",
    rules: { fields in
      fields.account("name")
      fields.path("home")
      fields.path("shell")
      for group in fields.body["groups"]?.items ?? [] { fields.account("groups", group) }
    },
    make: { .user(Step.User($0)) })
}
