#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Entries as they are in somebody's data, with their own owners, modes and times.
extension ArchiveWriter {
  /// Begins an entry. A file's bytes must follow, by `write`.
  /// - Precondition: It is no special file.
  package func begin(_ entry: ArchiveEntry) throws {
    let attributes = Attributes(user: entry.user, group: entry.group, time: entry.time)
    let mode = mode_t(entry.mode)
    switch entry.kind {
    case .directory: try begin(entry.path, type: S_IFDIR, mode: mode, attributes: attributes)
    case .file(let size):
      try begin(entry.path, type: S_IFREG, mode: mode, size: Int64(size), attributes: attributes)
    case .symbolicLink(let target):
      try begin(entry.path, type: S_IFLNK, mode: mode, target: target, attributes: attributes)
    case .hardLink(let target):
      try begin(entry.path, type: S_IFREG, mode: mode, original: target, attributes: attributes)
    case .special: preconditionFailure("an archive has no special files")
    }
  }
}
