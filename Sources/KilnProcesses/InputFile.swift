import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Bytes as a file without a name, which a program reads as its standard input.
final class InputFile: Sendable {
  let descriptor: FileDescriptor

  init(_ bytes: [UInt8]) throws {
    if bytes.isEmpty {
      descriptor = try .open("/dev/null", .readOnly, options: .closeOnExec)
      return
    }
    let template = ProcessEnvironment.temporaryFolder.appending("kiln-input-XXXXXX")
    var name = template.withPlatformString { Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1)) }
    let number = mkstemp(&name)
    guard number >= 0 else { throw Errno(rawValue: errno) }
    unlink(name)
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    descriptor = FileDescriptor(rawValue: number)
    do {
      _ = try descriptor.writeAll(bytes)
      try descriptor.seek(offset: 0, from: .start)
    } catch {
      try? descriptor.close()
      throw error
    }
  }

  deinit { try? descriptor.close() }
}
