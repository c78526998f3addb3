import KilnArtifacts
import KilnProcesses
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Bytes on their way, in a file without a name, for this account alone: data is larger than memory.
package final class SpoolFile {
  package let descriptor: FileDescriptor
  private let folder: FilePath

  package init(in folder: FilePath) throws {
    let template = folder.appending(".kiln-data-XXXXXX")
    var name = template.withPlatformString { Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1)) }
    let number = mkstemp(&name)
    guard number >= 0 else { throw FileSystemError("create a temporary file in", folder, Errno(rawValue: errno)) }
    unlink(name)
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    descriptor = FileDescriptor(rawValue: number)
    self.folder = folder
  }

  deinit { try? descriptor.close() }

  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    do { _ = try descriptor.writeAll(bytes) } catch let error as Errno {
      throw FileSystemError("write a temporary file in", folder, error)
    }
  }

  /// Back to its beginning.
  package func rewind() throws { _ = try descriptor.seek(offset: 0, from: .start) }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    try Interruption.check()
    do { return try descriptor.read(into: buffer) } catch let error as Errno {
      throw FileSystemError("read a temporary file in", folder, error)
    }
  }

  /// Passes all of it on, piece by piece.
  package func forEach(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try rewind()
    try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
      while true {
        let count = try read(into: buffer)
        if count == 0 { return }
        try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }

  /// Whether it ends as a whole tar does: by two blocks of zeros.
  package func isWholeTar() throws -> Bool {
    let end = 1024
    guard try descriptor.seek(offset: 0, from: .end) >= Int64(end) else { return false }
    var block = [UInt8](repeating: 1, count: end)
    _ = try descriptor.seek(offset: -Int64(end), from: .end)
    let count = try block.withUnsafeMutableBytes { try descriptor.read(into: $0) }
    return count == end && block.allSatisfy { $0 == 0 }
  }
}
