/// Files that are generated together: a customer's, a runtime's, or one at the top of the output folder.
public struct OutputUnit: Sendable {
  /// The folder that holds them all, as in `acme` or `runtimes/debian-12-3f9a1c27b0d4`; a file's name for one at the top.
  public let name: String
  /// What the files depend on: an equal key means equal files. Nil where that is not known.
  public let key: String?
  let make: @Sendable () throws -> ArtifactTree

  /// - Parameter make: May be called several times and on any thread, and gives the same each time.
  public init(_ name: String, key: String?, make: @Sendable @escaping () throws -> ArtifactTree) {
    self.name = name
    self.key = key
    self.make = make
  }

  /// The unit that a file belongs to.
  public static func name(of path: String) -> String {
    let slash = UInt8(ascii: "/")
    guard let first = path.utf8.firstIndex(of: slash) else { return path }
    guard path.utf8[..<first].elementsEqual(runtimes.utf8),
      let second = path.utf8[path.utf8.index(after: first)...].firstIndex(of: slash)
    else { return String(path[..<first]) }
    return String(path[..<second])
  }

  /// The folder whose folders are units of their own.
  public static let runtimes = "runtimes"
}
