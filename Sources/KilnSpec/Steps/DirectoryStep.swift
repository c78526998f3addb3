extension Step {
  public struct Directory: Sendable, Hashable {
    public let path: String
    /// Four octal digits.
    public let mode: String
    public let owner: String
    public let group: String

    public init(path: String, mode: String = "0755", owner: String = "root", group: String = "root") {
      self.path = path
      self.mode = mode
      self.owner = owner
      self.group = group
    }

    init(_ body: SpecNode) {
      self.init(
        path: body.text("path"), mode: body.octal("mode"), owner: body.text("owner"), group: body.text("group"))
    }

    var facts: [StepFact] { [.directory(path: path, mode: mode, owner: owner, group: group)] }
  }
}

extension StepKind {
  static let directory = StepKind(
    "directory",
    object(
      "directory",
      [
        .init("path", .text(Shape.absolutePath), required: true, "its path"),
        .init("mode", .text(Shape.mode), default: "\"0755\"", "its mode"),
        .init("owner", .text(Shape.account), default: "root", "its owner"),
        .init("group", .text(Shape.account), default: "root", "its group"),
      ]), "a directory",
    rules: { fields in
      fields.path("path")
      fields.mode()
      fields.account("owner")
      fields.account("group")
    },
    make: { .directory(Step.Directory($0)) })
}
