/// A generated file.
public struct Artifact: Sendable, Hashable {
  public let bytes: [UInt8]
  public let isExecutable: Bool
  /// The spec or definition it comes from, as shown to the user.
  public let source: String

  public init(_ bytes: [UInt8], isExecutable: Bool = false, source: String) {
    self.bytes = bytes
    self.isExecutable = isExecutable
    self.source = source
  }

  public init(_ text: String, isExecutable: Bool = false, source: String) {
    self.init(Array(text.utf8), isExecutable: isExecutable, source: source)
  }

  public var digest: ContentDigest { ContentDigest(of: bytes) }
}

/// Generated files by path, in memory.
public struct ArtifactTree: Sendable, Hashable {
  public private(set) var files: [RelativePath: Artifact] = [:]

  public init() {}

  /// Adds a file.
  /// - Throws: `ArtifactConflict` when the path is taken by other bytes, or is no path.
  public mutating func add(_ path: String, _ artifact: Artifact) throws(ArtifactConflict) {
    guard let relative = RelativePath(path) else {
      throw ArtifactConflict(path: path, reason: "it is no path below a folder")
    }
    if let other = files[relative], other.bytes != artifact.bytes || other.isExecutable != artifact.isExecutable {
      throw ArtifactConflict(path: path, reason: "\(other.source) and \(artifact.source) give it different contents")
    }
    if files[relative] == nil { files[relative] = artifact }
  }

  public mutating func merge(_ other: ArtifactTree) throws(ArtifactConflict) {
    for (path, artifact) in other.files { try add(path.text, artifact) }
  }

  /// Sorted by the bytes of the path.
  public var paths: [RelativePath] { files.keys.sorted() }

  public subscript(path: String) -> Artifact? { RelativePath(path).flatMap { files[$0] } }
}

/// Two generated files with one path: a mistake of Kiln's own.
public struct ArtifactConflict: Error, Sendable, Equatable, CustomStringConvertible {
  public let path: String
  public let reason: String
  public var description: String { "cannot generate \(path): \(reason)" }
}
