import KilnArtifacts
import KilnPacker
import SystemPackage

/// Reads a log from a file or standard input, in pieces.
enum LogFile {
  /// - Parameter path: `-` is standard input.
  static func report(_ path: String, in context: CommandContext) throws -> PackerReport {
    var reader = PackerLogReader()
    let descriptor: FileDescriptor
    let file = context.folder.pushing(FilePath(path))
    do {
      descriptor = try path == "-" ? .standardInput : .open(file, .readOnly, options: .closeOnExec)
    } catch let error as Errno {
      throw FileSystemError("open", file, error)
    }
    defer { if path != "-" { try? descriptor.close() } }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    do {
      while true {
        let count = try descriptor.read(into: buffer)
        if count == 0 { break }
        reader.read(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    } catch let error as Errno {
      throw FileSystemError("read", file, error)
    }
    return reader.finish()
  }
}
