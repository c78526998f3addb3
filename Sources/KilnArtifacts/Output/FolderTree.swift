import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A folder with all that is in it.
enum FolderTree {
  /// Removes `name` from `folder`, links themselves and not what they lead to; nothing when it is not there.
  static func remove(_ name: String, in folder: Int32, _ root: OpenRoot, _ path: FilePath) throws {
    let descriptor = System.open(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return }
      guard errno == ENOTDIR || errno == ELOOP else { throw error("open the folder", path, name) }
      try root.pass()
      guard unlinkat(folder, name, 0) == 0 || errno == ENOENT else { throw error("remove", path, name) }
      return
    }
    // The stream closes the descriptor.
    guard let stream = fdopendir(descriptor) else {
      close(descriptor)
      throw error("list", path, name)
    }
    defer { closedir(stream) }
    for inner in try names(stream, path.appending(name)) {
      try remove(inner, in: descriptor, root, path.appending(name))
    }
    try root.pass()
    guard unlinkat(folder, name, AT_REMOVEDIR) == 0 else { throw error("remove", path, name) }
  }

  /// The names in a folder, in no order.
  /// - Throws: `FileSystemError`.
  static func names(_ stream: OpaquePointer, _ path: FilePath) throws -> [String] {
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw FileSystemError("list", path, Errno(rawValue: errno)) }
        return names
      }
      let start = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
      let name = String(cString: start.assumingMemoryBound(to: CChar.self))
      if name != ".", name != ".." { names.append(name) }
    }
  }

  private static func error(_ attempt: String, _ path: FilePath, _ name: String) -> FileSystemError {
    FileSystemError(attempt, path.appending(name), Errno(rawValue: errno))
  }
}
