package import SystemPackage

extension FileDescriptor {
  /// Writes all of `bytes`, however many calls that takes.
  package func writeWhole(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = try write(rest)
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }
}
