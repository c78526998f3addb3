public import SystemPackage

/// Something in the output folder that is in the way and is not Kiln's to follow, read or replace.
public struct OutputObstacle: Error, Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// A symbolic link where a folder or one of Kiln's own files belongs.
    case link
    /// A file where a folder belongs.
    case file
    /// A folder where a file belongs.
    case folder
    /// A FIFO, a socket or a device.
    case special
    /// More bytes than Kiln writes there.
    case tooLarge
    /// Hard links lead to it from elsewhere, and Kiln would write in place.
    case shared
    /// It was changed between the comparison and the writing.
    case changed
  }

  public let path: FilePath
  public let kind: Kind

  init(_ path: FilePath, _ kind: Kind) {
    self.path = path
    self.kind = kind
  }

  public var reason: String {
    switch kind {
    case .link: "is a symbolic link; links in the output folder are not followed"
    case .file: "is a file, and a folder belongs there"
    case .folder: "is a folder, and a file belongs there"
    case .special: "is not a regular file"
    case .tooLarge: "has more bytes than Kiln writes there"
    case .shared: "has several hard links"
    case .changed: "was changed while Kiln generated"
    }
  }

  public var help: String {
    kind == .changed ? "nothing was done to it; generate again" : "remove it and generate again"
  }
}

/// Everything that is in the way.
public struct OutputObstacles: Error, Sendable {
  /// Sorted by path.
  public let all: [OutputObstacle]

  init(_ obstacles: [OutputObstacle]) {
    all = Set(obstacles).sorted { $0.path.string.utf8.lexicographicallyPrecedes($1.path.string.utf8) }
  }
}
