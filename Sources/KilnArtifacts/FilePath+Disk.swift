import KilnProcesses
public import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What is on the disk at a path, for folders that only Kiln and its user write into: links are followed.
extension FilePath {
  /// False also for a link that leads nowhere.
  public var isThere: Bool { kind(following: true) != nil }

  public var isFolder: Bool { kind(following: true) == S_IFDIR }

  /// Whether the path itself is a symbolic link.
  public var isLink: Bool { kind(following: false) == S_IFLNK }

  private func kind(following isFollowing: Bool) -> CInterop.Mode? {
    withPlatformString { fileKind($0, following: isFollowing) }
  }

  /// Makes the folder, with those above it, unless it is there.
  /// - Parameter mode: Of the folders that are made, before the process's mask.
  /// - Throws: `FileSystemError`.
  public func makeFolders(mode: CInterop.Mode = 0o777) throws {
    if withPlatformString({ mkdir($0, mode) }) == 0 { return }
    let reason = Errno(rawValue: errno)
    if isFolder { return }
    let parent = removingLastComponent()
    guard reason == .noSuchFileOrDirectory, !parent.isEmpty, parent != self else {
      throw FileSystemError("create the folder", self, reason)
    }
    try parent.makeFolders(mode: mode)
    // Another process may have made it meanwhile.
    if withPlatformString({ mkdir($0, mode) }) != 0, !isFolder {
      throw FileSystemError("create the folder", self, Errno(rawValue: errno))
    }
  }

  /// Removes the file or the folder with all in it, as far as that can be done; a link, and not what it leads to.
  public func removeAll() {
    guard isFolder, !isLink else {
      _ = withPlatformString { unlink($0) }
      return
    }
    for name in components { appending(name).removeAll() }
    _ = withPlatformString { rmdir($0) }
  }

  /// What is in the folder, by names of any bytes; nothing of one that cannot be read.
  private var components: [FilePath.Component] {
    guard let stream = withPlatformString({ opendir($0) }) else { return [] }
    defer { closedir(stream) }
    var components: [FilePath.Component] = []
    while let entry = readdir(stream) {
      let start = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
      let name = start.assumingMemoryBound(to: CInterop.PlatformChar.self)
      if let component = FilePath.Component(platformString: name), component.kind == .regular {
        components.append(component)
      }
    }
    return components
  }

  /// The names in the folder, in no order.
  /// - Throws: `FileSystemError`.
  public func names() throws -> [String] {
    guard let stream = withPlatformString({ opendir($0) }) else {
      throw FileSystemError("list", self, Errno(rawValue: errno))
    }
    defer { closedir(stream) }
    return try FolderTree.names(stream, self)
  }

  /// A new folder for this account alone among the temporary ones, whoever else may write there.
  /// - Throws: `FileSystemError`.
  public static func privateFolder(
    _ prefix: String, in place: FilePath? = nil
  ) throws -> FilePath {
    let name = (place ?? ProcessEnvironment.temporaryFolder).appending("\(prefix)-XXXXXX")
    var bytes = name.withPlatformString { Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1)) }
    guard mkdtemp(&bytes) != nil else {
      throw FileSystemError("create the folder", name, Errno(rawValue: errno))
    }
    return bytes.withUnsafeBufferPointer { text in text.baseAddress.map { FilePath(platformString: $0) } ?? name }
  }
}

private func fileKind(_ path: UnsafePointer<CChar>, following isFollowing: Bool) -> mode_t? {
  var status = stat()
  return (isFollowing ? stat(path, &status) : lstat(path, &status)) == 0 ? status.st_mode & S_IFMT : nil
}
