import Foundation
import KilnWorkers
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension OutputFolder {
  /// Where files are made before they get their names, below the output folder.
  private static let workshop = ".kiln-new"

  /// Runs `body` while no other Kiln changes the folder, which is made where it is not there.
  ///
  /// - Parameter onWait: Called once when another one has it.
  /// - Throws: `FileSystemError`, and what `body` throws.
  public func locked<Result>(onWait: () -> Void = {}, _ body: () throws -> Result) throws -> Result {
    try Self.make(path)
    let folder: FileDescriptor
    do { folder = try FileDescriptor.open(path, .readOnly, options: .closeOnExec) } catch let error as Errno {
      throw FileSystemError("open", path, error)
    }
    return try folder.closeAfter {
      // Where the file system has no locks, one run at a time is the user's to see to.
      if flock(folder.rawValue, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
        onWait()
        while flock(folder.rawValue, LOCK_EX) != 0, errno == EINTR {}
      }
      return try body()
    }
  }

  /// Makes a folder and those above it that are not there.
  private static func make(_ folder: FilePath) throws {
    if folder.withPlatformString({ mkdir($0, 0o777) }) == 0 { return }
    let reason = Errno(rawValue: errno)
    var info = stat()
    if folder.withPlatformString({ stat($0, &info) }) == 0, info.st_mode & S_IFMT == S_IFDIR { return }
    let parent = folder.removingLastComponent()
    guard reason == .noSuchFileOrDirectory, !parent.isEmpty, parent != folder else {
      throw FileSystemError("create the folder", folder, reason)
    }
    try make(parent)
    guard folder.withPlatformString({ mkdir($0, 0o777) }) == 0 else {
      throw FileSystemError("create the folder", folder, Errno(rawValue: errno))
    }
  }

  /// What `apply` did.
  public struct Outcome: Sendable {
    /// Files of units that were not there, by the unit's name.
    public let created: [(unit: String, files: Int)]
    /// Files in the folder that are Kiln's and stayed as they were.
    public let unchanged: Int
  }

  /// Carries `delta` out: a new unit's folder by one rename, each other file by one, orphans removed, the ledger last.
  /// After an interruption at any point the same run again gives the same folder.
  /// - Throws: `FileSystemError`, and what making a unit throws.
  public func apply(_ delta: Delta) throws -> Outcome {
    let workshop = path.appending(Self.workshop)
    try? FileManager.default.removeItem(atPath: workshop.string)
    let isIdle = delta.isEmpty
    defer { try? FileManager.default.removeItem(atPath: workshop.string) }
    if !isIdle { try makeFolders(for: "\(Self.workshop)/file") }
    let journal = isIdle ? nil : try OutputJournal.Writer(in: path)
    let mask = umask(0)
    umask(mask)
    let items = Array(delta.differences.enumerated())
    let written = try workers.map(items.map { ($0.offset, $0.element) }) { number, difference in
      try write(difference, journal, workshop.appending(String(number)), mask)
    }
    for change in delta.orphans { try remove(change.path) }
    var units = delta.known.units.filter { !delta.isInScope($0.key) }
    var record: [String: OutputRecord.Line] = [:]
    // What is out of scope is as well known as before.
    for (name, line) in self.record?.lines ?? [:] where units[name] != nil { record[name] = line }
    for (difference, done) in zip(delta.differences, written) {
      units[difference.unit.name] = done.lines
      if let key = difference.unit.key, let fingerprint = done.fingerprint {
        record[difference.unit.name] = .init(key: key, fingerprint: fingerprint)
      }
    }
    if !isIdle {
      let ledger = Ledger(generator: delta.generator, units: units)
      try write(ledger.bytes, to: path.appending(Ledger.name), mode: FilePermissions(rawValue: 0o644))
    }
    if !isIdle { try? FileManager.default.removeItem(atPath: path.appending(OutputJournal.name).string) }
    self.record?.write(record)
    return Outcome(
      created: zip(delta.differences, written).filter { $0.0.isNew }.map { ($0.0.unit.name, $0.1.files) },
      unchanged: zip(delta.differences, written).reduce(0) { sum, pair in
        sum + (pair.0.isNew ? 0 : pair.1.files - pair.0.changes.filter { !$0.isRemoval }.count)
      })
  }

  private struct Written: Sendable {
    let lines: Ledger.Lines
    let fingerprint: String?
    let files: Int
  }

  private func write(
    _ difference: Delta.Difference, _ journal: OutputJournal.Writer?, _ workshop: FilePath, _ mask: mode_t
  ) throws -> Written {
    if let lines = difference.lines {
      var files = 0
      lines.forEachPath { _ in files += 1 }
      return Written(lines: lines, fingerprint: difference.fingerprint, files: files)
    }
    let tree = try difference.tree ?? difference.unit.make()
    let entries = tree.files.map { (path: $0.key.text, entry: Ledger.Entry($0.value)) }
    let lines = Ledger.Lines(entries)
    try journal?.add(entries.map { ($0.path, $0.entry.sha256) })
    if difference.isNew, tree.files.keys.allSatisfy({ $0.text.hasPrefix(difference.unit.name + "/") }) {
      try create(tree, difference.unit.name, workshop, mask)
    } else {
      let changed = Set(difference.changes.map(\.path))
      for (path, artifact) in tree.files where difference.isNew || changed.contains(path.text) {
        try makeFolders(for: path.text)
        try write(
          artifact.bytes, to: self.path.appending(path.text),
          mode: FilePermissions(rawValue: artifact.isExecutable ? 0o755 : 0o644))
      }
      for change in difference.changes where change.isRemoval { try remove(change.path) }
    }
    // What was written just now is too new to have a fingerprint; the next run takes it.
    return Written(lines: lines, fingerprint: nil, files: tree.files.count)
  }

  /// Makes a unit's folder elsewhere and gives it its name once it is whole.
  private func create(_ tree: ArtifactTree, _ unit: String, _ workshop: FilePath, _ mask: mode_t) throws {
    guard workshop.withPlatformString({ mkdir($0, 0o755) }) == 0 || errno == EEXIST else {
      throw FileSystemError("create the folder", workshop, Errno(rawValue: errno))
    }
    if mask & 0o755 != 0 { _ = workshop.withPlatformString { chmod($0, 0o755) } }
    let root: FileDescriptor
    do { root = try FileDescriptor.open(workshop, .readOnly, options: [.directory, .closeOnExec]) } catch let error
      as Errno
    {
      throw FileSystemError("open", workshop, error)
    }
    try root.closeAfter {
      var folders: Set<Substring> = []
      for (path, artifact) in tree.files {
        let name = path.text.dropFirst(unit.utf8.count + 1)
        var end = name.startIndex
        while let slash = name.utf8[end...].firstIndex(of: UInt8(ascii: "/")) {
          let folder = name[..<slash]
          end = name.utf8.index(after: slash)
          guard folders.insert(folder).inserted else { continue }
          let made = folder.withCString { name in
            mkdirat(root.rawValue, name, 0o755) == 0
              && (mask & 0o755 == 0 || fchmodat(root.rawValue, name, 0o755, 0) == 0)
          }
          guard made else {
            throw FileSystemError("create the folder", workshop.appending(String(folder)), Errno(rawValue: errno))
          }
        }
        let mode: mode_t = artifact.isExecutable ? 0o755 : 0o644
        do {
          let descriptor = name.withCString { openat(root.rawValue, $0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode) }
          guard descriptor >= 0 else { throw Errno(rawValue: errno) }
          let file = FileDescriptor(rawValue: descriptor)
          try file.closeAfter {
            if mask & mode != 0 { fchmod(descriptor, mode) }
            try file.writeAll(artifact.bytes)
          }
        } catch let error as Errno {
          throw FileSystemError("write", workshop.appending(String(name)), error)
        }
      }
    }
    let target = path.appending(unit)
    try makeFolders(for: unit)
    guard workshop.withPlatformString({ from in target.withPlatformString { rename(from, $0) } }) == 0 else {
      throw FileSystemError("create the folder", target, Errno(rawValue: errno))
    }
  }

  private func write(_ bytes: [UInt8], to file: FilePath, mode: FilePermissions) throws {
    let output = try AtomicFile.create(at: file, temporaryIn: path.appending(Self.workshop))
    try bytes.withUnsafeBytes { try output.write($0) }
    try output.commit(mode: mode)
  }

  private func makeFolders(for file: String) throws {
    for folder in RelativePath(file)?.folders ?? [] {
      let path = path.appending(folder)
      if path.withPlatformString({ mkdir($0, 0o755) }) == 0 {
        _ = path.withPlatformString { chmod($0, 0o755) }
        continue
      }
      let reason = errno
      var info = stat()
      if path.withPlatformString({ stat($0, &info) }) == 0, info.st_mode & S_IFMT == S_IFDIR { continue }
      throw FileSystemError("create the folder", path, Errno(rawValue: reason))
    }
  }

  private func remove(_ file: String) throws {
    let target = path.appending(file)
    guard target.withPlatformString({ unlink($0) }) == 0 || errno == ENOENT else {
      throw FileSystemError("remove", target, Errno(rawValue: errno))
    }
    // Folders that this leaves empty go as well, as far as the output folder itself.
    for folder in (RelativePath(file)?.folders ?? []).reversed() {
      guard path.appending(folder).withPlatformString({ rmdir($0) }) == 0 else { break }
    }
  }
}
