import KilnDocuments

/// The `required_plugins` of a template, for `packer init`: Packer 1.10 and later bring no plugins.
public struct PackerPlugins: Sendable, Hashable {
  public struct Plugin: Sendable, Hashable {
    public let name: String
    public let source: String
    public let version: String

    public init(_ name: String, source: String, version: String) {
      self.name = name
      self.source = source
      self.version = version
    }
  }

  public let header: [String]
  public let plugins: [Plugin]

  public init(header: [String], plugins: [Plugin]) {
    self.header = header
    self.plugins = plugins
  }

  public func render() -> String {
    let lines = plugins.map {
      """
          \($0.name) = {
            source  = \(JSONRenderer.quoted($0.source))
            version = \(JSONRenderer.quoted($0.version))
          }

      """
    }
    return header.map { "# \(CommentText.line($0))\n" }.joined() + "packer {\n  required_plugins {\n" + lines.joined()
      + "  }\n}\n"
  }
}
