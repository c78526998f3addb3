import KilnArtifacts
import SystemPackage

extension [UInt8] {
  /// The bytes as C takes names, with a NUL at their end.
  func withCString<T>(_ body: (UnsafePointer<CChar>) -> T) -> T {
    withUnsafeTemporaryAllocation(byteCount: count + 1, alignment: 1) { text in
      text.copyBytes(from: self)
      text[count] = 0
      return text.assumingMemoryBound(to: CChar.self).baseAddress.map { body($0) } ?? "".withCString(body)
    }
  }
}

extension FilePath {
  /// A path of any bytes.
  init(bytes: [UInt8]) { self = bytes.withCString { FilePath(platformString: $0) } }
}

extension ContextWalk.Place {
  /// Reads the next bytes; none at the end.
  func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    do {
      return try FileDescriptor(rawValue: descriptor).read(into: buffer)
    } catch let error as Errno { throw FileSystemError("read", folder.path(of: name), error) }
  }

  func readAll(_ descriptor: Int32, through buffer: UnsafeMutableRawBufferPointer) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let count = try read(descriptor, into: buffer)
      if count == 0 { return bytes }
      bytes += UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }
  }
}
