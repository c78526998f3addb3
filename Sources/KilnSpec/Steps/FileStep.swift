import KilnArtifacts

extension Step {
  /// A file with all that is in it.
  public struct File: Sendable, Hashable {
    public let path: String
    public let content: [UInt8]
    /// Four octal digits.
    public let mode: String
    public let owner: String
    public let group: String

    public init(path: String, content: [UInt8], mode: String = "0644", owner: String = "root", group: String = "root") {
      self.path = path
      self.content = content
      self.mode = mode
      self.owner = owner
      self.group = group
    }

    init(_ body: SpecNode) {
      self.init(
        path: body.text("path"), content: Array(body.text("content").utf8), mode: body.octal("mode"),
        owner: body.text("owner"), group: body.text("group"))
    }

    /// The same file with what a template or another file gives.
    public func with(content: [UInt8]) -> File {
      File(path: path, content: content, mode: mode, owner: owner, group: group)
    }

    public var facts: [StepFact] {
      [.file(path: path, mode: mode, owner: owner, group: group, sha256: ContentDigest(of: content).hex)]
    }
  }
}

extension StepKind {
  static let file = StepKind(
    "file",
    .choice(
      ObjectShape(
        "file",
        [
          .init("path", .text(Shape.absolutePath), required: true, "the file's path"),
          .init("content", .text(TextRule("content")), "what is in it"),
          .init("template", .text, "the Mustache template that gives what is in it"),
          .init("source", .text(Shape.path), "a file beside the component's, copied as it is"),
          .init("mode", .text(Shape.mode), default: "\"0644\"", "its mode"),
          .init("owner", .text(Shape.account), default: "root", "its owner"),
          .init("group", .text(Shape.account), default: "root", "its group"),
        ], exactlyOneOf: ["content", "template", "source"])), "a file",
    rules: { fields in
      fields.path("path")
      fields.mode()
      fields.account("owner")
      fields.account("group")
    },
    make: { .file(Step.File($0)) })
}
