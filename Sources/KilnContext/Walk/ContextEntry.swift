/// What goes into a context, in the order of the archive.
public struct ContextEntry: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    case directory
    /// A regular file; its size is known when it is opened.
    case file
    /// The target as it is in the file system, any bytes.
    case symbolicLink(target: [UInt8])
    /// Bytes that are in no folder, as a generated Dockerfile.
    case contents([UInt8])
  }

  /// Relative to the layers, which is the context but for `ContextSource.folder`, components separated by `/`; any bytes that a file system allows.
  public let path: [UInt8]
  public let kind: Kind
  /// The layer it comes from, counted from 0; nil for contents.
  public let layer: Int?

  public init(path: [UInt8], kind: Kind, layer: Int?) {
    self.path = path
    self.kind = kind
    self.layer = layer
  }

  /// The path for people: U+FFFD for what is not UTF-8.
  public var name: String { String(decoding: path, as: UTF8.self) }
}
