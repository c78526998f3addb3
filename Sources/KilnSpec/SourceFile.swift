/// Which file a spec, a profile or a definition is in, and where that file is from.
public struct SourceFile: Sendable, Hashable, CustomStringConvertible {
  public enum Origin: Sendable, Hashable {
    /// Kiln's own, inside the binary.
    case catalog
    case workspace
  }

  public let origin: Origin
  /// Below the catalog or the workspace.
  public let path: String

  public init(_ origin: Origin, _ path: String) {
    self.origin = origin
    self.path = path
  }

  /// From a place of a diagnostic.
  public init(_ location: String) {
    let isCatalogs = location.hasPrefix(Self.prefix)
    self.init(isCatalogs ? .catalog : .workspace, isCatalogs ? String(location.dropFirst(Self.prefix.count)) : location)
  }

  /// The catalog's files are named so that nobody looks for them in the workspace.
  private static let prefix = "kiln" + ":"

  /// As messages name it.
  public var description: String { origin == .catalog ? Self.prefix + path : path }

  /// Whether it is a customer's spec or a host's, not a definition that several share.
  public var isSpec: Bool {
    origin == .workspace && (path.hasPrefix("environments/") || isOfHosts)
  }

  /// Whether it says something of hosts alone.
  public var isOfHosts: Bool { origin == .workspace && path.hasPrefix("hosts/") }
}
