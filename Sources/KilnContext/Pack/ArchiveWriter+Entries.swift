#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension ArchiveWriter {
  package func addFolder(_ path: [UInt8]) throws { try begin(path, type: S_IFDIR, mode: 0o755) }

  package func addLink(_ path: [UInt8], to target: [UInt8]) throws {
    try begin(path, type: S_IFLNK, mode: 0o777, target: target)
  }

  package func addFile(_ path: [UInt8], _ bytes: [UInt8], isExecutable: Bool) throws {
    try begin(path, type: S_IFREG, mode: isExecutable ? 0o755 : 0o644, size: Int64(bytes.count))
    try bytes.withUnsafeBytes { try write($0) }
  }
}
