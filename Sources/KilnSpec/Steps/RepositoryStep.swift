extension Step {
  /// A package repository with the key that signs it.
  public struct Repository: Sendable, Hashable {
    public enum Key: Sendable, Hashable {
      case content(String)
      case download(url: String, sha256: String)
    }
    public let name: String
    public let uris: [String]
    public let suites: [String]
    public let components: [String]
    public let architectures: [String]
    public let key: Key

    init(_ body: SpecNode) {
      name = body.text("name")
      uris = body.texts("uris")
      suites = body.texts("suites")
      components = body.texts("components")
      architectures = body.texts("architectures")
      let signedBy = body["signedBy"]
      key =
        signedBy?["content"]?.scalar.map { .content($0.text) }
        ?? .download(url: signedBy?.text("url") ?? "", sha256: signedBy?.text("sha256") ?? "")
    }
  }
}

extension StepKind {
  static let repository = StepKind(
    "repository",
    object(
      "repository",
      [
        .init("name", .text(Shape.definitionName), required: true, "names the source and key files"),
        .init("uris", .list(.text, minimum: 1), required: true, "where it is"),
        .init("suites", .list(.text, minimum: 1), required: true, "its suites"),
        .init("components", .list(.text), default: "[]", "its components"),
        .init("architectures", .list(.text), default: "[]", "its architectures; all without"),
        .init(
          "signedBy",
          .choice(
            ObjectShape(
              "signedBy",
              [
                .init("content", .text, "the armoured key itself"),
                .init("url", .text, "where the key is; needs `sha256`"),
                .init("sha256", .text(Shape.sha256), "the key's SHA-256"),
              ], exactlyOneOf: ["content", "url"])), required: true, "the key that signs it"),
      ]), "a package repository with its key",
    rules: { fields in
      let name = fields.body.text("name")
      if !StepText.isName(name) {
        fields.refuse("name cannot be \"\(name)\"", "lower-case letters, digits, - and . inside: it names files")
      }
      for key in ["uris", "suites", "components", "architectures"] {
        for text in fields.body.texts(key) where text.isEmpty || !StepText.isWord(text) {
          fields.refuse("\"\(text)\" in \(key) is not one word", "ASCII without blanks, one word each")
        }
      }
      for uri in fields.body.texts("uris") where StepText.isWord(uri) && !StepText.isURL(uri) {
        fields.refuse("\"\(uri)\" is no URL", "begin it with https://")
      }
      guard let key = fields.body["signedBy"], key["url"] != nil else { return }
      fields.url("url", in: key)
      fields.sha256(key["sha256"])
    },
    make: { .repository(Step.Repository($0)) })
}
