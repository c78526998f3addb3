/// What browsers call an app on a developer's machine: names below `localhost`, which lead to the machine itself
/// (RFC 6761, section 6.3).
public enum LocalName {
  private static let end = ".localhost"

  /// - Parameter environment: The customer, or another name that its environment has on this machine.
  public static func app(_ app: String, of environment: String) -> String { "\(app).\(environment)\(end)" }

  /// That of the only app that has a port.
  public static func environment(_ environment: String) -> String { environment + end }

  /// Nil where it would be longer than names are.
  public static func domain(_ domain: String) -> String? {
    domain.utf8.count + end.utf8.count > 253 ? nil : domain + end
  }

  public static func isLocal(_ domain: String) -> Bool { domain.hasSuffix(end) || domain == end.dropFirst() }
}
