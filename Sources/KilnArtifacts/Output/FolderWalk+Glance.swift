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
  /// The unit's own folder is opened. Folders in it are examined and not opened, which is quicker and enough for a hint: a
  /// run that is to read or write goes component by component.
  /// - Returns: Whether each one is there, with no link on the way, and `body` always answered true.
  func glance(at lines: Ledger.Lines, of unit: String, _ body: (FileStatus) -> Bool) -> Bool {
    let start = "\(unit)/"
    guard lines.bytes.dropFirst(5).starts(with: start.utf8), let folder = try? open(unit.utf8, making: false) else {
      var isSafe = true
      let isWhole = lines.forEach { bytes, line in
        isSafe = isSafe && (try? status(bytes[line.path])).flatMap { $0 }.map(body) ?? false
      }
      return isSafe && isWhole
    }
    defer { try? folder.close() }
    var names = Names(in: folder.rawValue)
    var isSafe = true
    let isWhole = lines.forEach { bytes, line in
      guard isSafe else { return }
      isSafe = names.status(bytes[line.path].dropFirst(start.utf8.count)).map(body) ?? false
    }
    return isSafe && isWhole
  }

  /// Names in a folder, in order: each folder on the way is examined once.
  private struct Names {
    private let folder: Int32
    private var name: [CChar] = []
    /// The folders of the name before, with the slash after the last one.
    private var seen: [CChar] = []

    init(in folder: Int32) { self.folder = folder }

    mutating func status(_ path: Slice<UnsafeBufferPointer<UInt8>>) -> FileStatus? {
      let slash = CChar(UInt8(ascii: "/"))
      name.removeAll(keepingCapacity: true)
      var end = 0
      var common = 0
      var isCommon = true
      for byte in path {
        let byte = CChar(bitPattern: byte)
        isCommon = isCommon && name.count < seen.count && seen[name.count] == byte
        name.append(byte)
        guard byte == slash else { continue }
        end = name.count
        if isCommon { common = end }
      }
      name.append(0)
      while common < end {
        guard let next = name[common..<end].firstIndex(of: slash) else { return nil }
        name[next] = 0
        let isFolder = examine().map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
        name[next] = slash
        guard isFolder else { return nil }
        common = next + 1
      }
      seen.replaceSubrange(0..., with: name[..<end])
      return examine().map { FileStatus($0) }
    }

    private func examine() -> stat? {
      var info = stat()
      return fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 ? info : nil
    }
  }
}
