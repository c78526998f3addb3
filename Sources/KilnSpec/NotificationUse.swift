/// Who is told of deployments, from `kiln.yaml`.
public struct NotificationUse: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable { case slack, webhook }

  public let kind: Kind
  /// The variable that holds its URL.
  public let variable: String

  package init(_ node: SpecNode) {
    kind = node["slack"] == nil ? .webhook : .slack
    variable = node.required(kind.rawValue).required("env").requiredText
  }
}
