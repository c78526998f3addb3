extension Step {
  /// A file from elsewhere, with its checksum.
  public struct Download: Sendable, Hashable {
    public let url: String
    public let sha256: String
    public let to: String
    /// Octal digits.
    public let mode: String
    public let unpack: Bool

    init(_ body: SpecNode) {
      url = body.text("url")
      sha256 = body.text("sha256")
      to = body.text("to")
      mode = body.octal("mode")
      unpack = body["unpack"]?.boolean ?? false
    }

    var facts: [StepFact] {
      unpack
        ? [.directory(path: to, mode: nil, owner: nil, group: nil)]
        : [.file(path: to, mode: mode, owner: nil, group: nil, sha256: sha256)]
    }
  }
}

extension StepKind {
  static let download = StepKind(
    "download",
    object(
      "download",
      [
        .init("url", .text, required: true, "what to fetch"),
        .init("sha256", .text(Shape.sha256), required: true, "its SHA-256"),
        .init("to", .text(Shape.absolutePath), required: true, "the file, or with `unpack` the folder, it goes to"),
        .init("mode", .text(Shape.mode), default: "\"0644\"", "the file's mode"),
        .init("unpack", .boolean, default: "false", "whether it is an archive to unpack there"),
      ]), "a file from elsewhere, checked",
    rules: { fields in
      fields.url("url")
      fields.sha256(fields.body["sha256"])
      fields.path("to")
      fields.mode()
    },
    make: { .download(Step.Download($0)) })
}
