public import KilnDiagnostics

/// What was packed.
public struct PackedContext: Sendable, Equatable {
  /// SHA-256 of the archive as it was written, hexadecimal.
  public let digest: String
  /// SHA-256 of the tar before compression; the same as `digest` without any.
  public let tarDigest: String
  /// Bytes written.
  public let size: Int
  public let files: Int
  public let directories: Int
  public let links: Int
  /// Bytes in files.
  public let bytes: Int
  /// The largest file and its size.
  public let largest: Largest?
  public let warnings: [Diagnostic]

  public struct Largest: Sendable, Equatable {
    public let path: String
    public let bytes: Int
  }
}
