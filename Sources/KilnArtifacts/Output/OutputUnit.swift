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
}

extension Ledger.Entry {
  public init(_ artifact: Artifact) {
    self.init(sha256: artifact.digest.hex, source: artifact.source, executable: artifact.isExecutable)
  }
}
