public import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Folders that Kiln writes into: a link that somebody committed in place of one would lead its writing elsewhere.
public enum UnlinkedFolder {
  /// Makes the folder `path`, with those above it, below `root`.
  /// - Throws: `FileSystemError`, also where a link stands between the two.
  public static func make(_ path: FilePath, below root: FilePath) throws {
    var folder = root
    for component in path.components.dropFirst(root.components.count) {
      folder.append(component)
      if folder.withPlatformString({ mkdir($0, 0o755) }) == 0 { continue }
      guard errno == EEXIST else { throw FileSystemError("make the folder", folder, Errno(rawValue: errno)) }
      var status = stat()
      guard folder.withPlatformString({ lstat($0, &status) }) == 0 else {
        throw FileSystemError("examine", folder, Errno(rawValue: errno))
      }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: continue
      case S_IFLNK: throw FileSystemError("write through the symbolic link", folder, .tooManySymbolicLinkLevels)
      default: throw FileSystemError("make the folder", folder, .notDirectory)
      }
    }
  }
}
