import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension FolderWalk {
  /// Calls `body` with the status of each of a unit's files, as long as it answers true.
  ///
  /// Only the unit's own folder is opened, and folders in it are not looked at: a link there may lead to the very files
  /// that Kiln wrote, which device and inode tell, or to others, which then are not recognised. A run that is to read or
  /// write goes component by component.
  /// - Returns: Whether each one is there and `body` always answered true.
  func glance(at lines: Ledger.Lines, of unit: String, _ body: (FileStatus) -> Bool) -> Bool {
    let start = "\(unit)/"
    var isSafe = true
    guard lines.bytes.dropFirst(5).starts(with: start.utf8), let folder = try? open(unit.utf8, making: false) else {
      let isWhole = lines.forEach { bytes, line in
        isSafe = isSafe && (try? status(bytes[line.path])).flatMap { $0 }.map(body) ?? false
      }
      return isSafe && isWhole
    }
    defer { try? folder.close() }
    var name: [CChar] = []
    let isWhole = lines.forEach { bytes, line in
      guard isSafe else { return }
      name.removeAll(keepingCapacity: true)
      for byte in bytes[line.path].dropFirst(start.utf8.count) { name.append(CChar(bitPattern: byte)) }
      name.append(0)
      var info = stat()
      isSafe = fstatat(folder.rawValue, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && body(FileStatus(info))
    }
    return isSafe && isWhole
  }
}
